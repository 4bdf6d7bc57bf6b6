#pragma once
// Include before ITK's headers. A packaged ITK 5.2 knows only the compiler it was built with and refuses any other; with
// clang++ these are the words that its detection would have defined.
#if defined(__clang__) && !defined(ITK_COMPILER_DETECTION_H)
#define ITK_COMPILER_DETECTION_H
#define ITK_NOEXCEPT noexcept
#define ITK_NOEXCEPT_EXPR(x) noexcept(x)
#define ITK_ALIGNAS(x) alignas(x)
#define ITK_CONSTEXPR constexpr
#define ITK_CONSTEXPR_FUNC constexpr
#define ITK_CONSTEXPR_VAR constexpr
#define ITK_DELETED_FUNCTION = delete
#define ITK_EXTERN_TEMPLATE extern
#define ITK_FINAL final
#define ITK_NULLPTR nullptr
#define ITK_OVERRIDE override
#define ITK_STATIC_ASSERT(x) static_assert(x, #x)
#define ITK_STATIC_ASSERT_MSG(x, message) static_assert(x, message)
#define ITK_THREAD_LOCAL thread_local
#endif
