#include <plexus/data/one_thread.hpp>

#include <dlfcn.h>

#include <ATen/Parallel.h>

namespace plexus {

void calculate_on_one_thread() {
  (void)at::get_num_threads();  // else the first operator would set this thread's count again
  // The OpenMP library is the one that LibTorch brought; the program itself links none.
  static const auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set) set(1);
}

}  // namespace plexus
