#pragma once
#include <cstdint>
#include <string>

namespace plexus {

// Cores that this process may use: the affinity mask, and the control group's quota rounded up.
int usable_cores();
// Bytes of memory that this process may use: physical memory, control group, address space limit; the least of them.
std::uint64_t usable_memory();
// PLEXUS_NUM_THREADS, else OMP_NUM_THREADS, else SLURM_CPUS_PER_TASK, else usable_cores(). Throws Error(usage) where
// PLEXUS_NUM_THREADS is no number above 0.
int default_compute_threads();
// Half the threads, at least 1, at most 8: data workers mostly wait for the computation.
int default_jobs();
// "16G", "512 MiB", "1.5GB" or plain bytes, powers of 1024. Throws std::invalid_argument.
std::uint64_t parse_bytes(const std::string& text);

}  // namespace plexus
