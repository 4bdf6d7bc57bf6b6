#pragma once

// Whether this is built with a sanitizer: it reports crashes itself, and its own memory counts in what is measured.
#ifdef __has_feature
#define PLEXUS_HAS_FEATURE(name) __has_feature(name)
#else
#define PLEXUS_HAS_FEATURE(name) 0
#endif

namespace plexus {

#if defined(__SANITIZE_ADDRESS__) || PLEXUS_HAS_FEATURE(address_sanitizer)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

#if defined(__SANITIZE_THREAD__) || PLEXUS_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

}  // namespace plexus

#undef PLEXUS_HAS_FEATURE
