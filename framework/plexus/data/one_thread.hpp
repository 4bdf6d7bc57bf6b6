#pragma once

namespace plexus {

// LibTorch's operators calculate on one thread when this thread calls them, from now on; other threads keep theirs. For
// workers, which are many already. (at::set_num_threads would change the main thread's count.)
void calculate_on_one_thread();

}  // namespace plexus
