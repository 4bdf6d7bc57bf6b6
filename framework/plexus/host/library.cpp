#include <plexus/host/library.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <boost/dll/shared_library.hpp>

#include <plexus/base/error.hpp>
#include <plexus/host/plugin_watch.hpp>
#include <plexus/sdk/abi.hpp>

namespace plexus {
namespace {

namespace dll = boost::dll;

// Boost says "boost::dll::shared_library::load() failed (dlerror system message: FILE: undefined symbol: f): Success
// [generic:0]", with an error number that means nothing: the linker's own words stand after the file's name.
std::string linker_words(const boost::system::system_error& error, const std::filesystem::path& file) {
  std::string words = error.what();
  if (const auto end = words.rfind(": " + error.code().message()); end != std::string::npos) words.erase(end);
  if (const auto begin = words.find("message: "); begin != std::string::npos) words.erase(0, begin + 9);
  if (const std::string name = file.string() + ": "; words.rfind(name, 0) == 0) words.erase(0, name.size());
  if (!words.empty() && words.back() == ')') words.pop_back();
  constexpr std::string_view undefined = "undefined symbol: ";
  if (const auto at = words.find(undefined); at != std::string::npos) {
    const std::string symbol = words.substr(at + undefined.size());
    int status = 0;
    char* const plain = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
    if (plain != nullptr) words.replace(at + undefined.size(), symbol.size(), plain);
    std::free(plain);
  }
  return words;
}

bool same(const plexus_descriptor& loaded, const PluginDescriptor& read) {
  return loaded.size == sizeof(plexus_descriptor) && std::string(loaded.magic) == PLEXUS_DESCRIPTOR_MAGIC &&
         loaded.api_major == read.api_major && loaded.api_minor == read.api_minor && loaded.sdk_digest == read.sdk_digest &&
         loaded.toolkit_digest == read.toolkit_digest && loaded.torch == read.torch && loaded.abi == read.abi &&
         loaded.name == read.name && loaded.version == read.version;
}

}  // namespace

RegisterFunction open_library(const std::filesystem::path& file, const PluginDescriptor& expected) {
  static auto* const kept = new std::vector<dll::shared_library>;  // never destroyed: nothing is unloaded, not even at exit
  watch_plugin(expected.name, file);
  try {
    // All symbols now: one that is missing is an error here instead of the end of the process at its first call.
    dll::shared_library library(file.string(), dll::load_mode::rtld_now | dll::load_mode::rtld_local);
    kept->push_back(library);
    for (const char* symbol : {"plexus_plugin_descriptor", "plexus_plugin_register"}) {
      if (!library.has(symbol))
        throw Error(ErrorKind::plugin, fmt::format("the plugin does not export '{}'", symbol), file.string(),
                    "build it with plexus_add_plugin");
    }
    if (!same(library.get<const plexus_descriptor>("plexus_plugin_descriptor"), expected))
      throw Error(ErrorKind::plugin, "the plugin in memory is not the one that was checked in the file", file.string(),
                  "another file of that name was loaded, or it changed just now; run again");
    return library.get<void(Registry&)>("plexus_plugin_register");
  } catch (const boost::system::system_error& error) {
    throw Error(ErrorKind::plugin, fmt::format("the plugin cannot be loaded: {}", linker_words(error, file)), file.string(),
                "rebuild it against this Plexus and the libraries it uses, or remove it");
  }
}

}  // namespace plexus
