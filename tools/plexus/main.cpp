#include <cstdio>

int main() {
  std::puts("plexus");
  return 0;
}
