#include <plexus/nn/pickle_numpy.hpp>

#include <cstring>
#include <stdexcept>

#include <ATen/ATen.h>

namespace plexus {
namespace {

// Numbers little-endian, as on the machines that this runs on; a pickle's one big-endian number is a real.
class NumpyPickler {
 public:
  std::string text = "\x80\x02";

  void put(const PickleValue& value) {
    switch (value.kind()) {
      case PickleValue::Kind::none:
        text += 'N';
        return;
      case PickleValue::Kind::flag:
        text += value.flag() ? '\x88' : '\x89';
        return;
      case PickleValue::Kind::integer:
        return put_integer(value.integer());
      case PickleValue::Kind::real:
        return put_real(value.real());
      case PickleValue::Kind::text:
        return put_text(value.text());
      case PickleValue::Kind::list:
        text += "](";
        for (const auto& item : value.items()) put(item);
        text += 'e';
        return;
      case PickleValue::Kind::tuple:
        text += '(';
        for (const auto& item : value.items()) put(item);
        text += 't';
        return;
      case PickleValue::Kind::dict:
        text += "}(";
        for (const auto& [key, item] : value.entries()) {
          put(key);
          put(item);
        }
        text += 'u';
        return;
      case PickleValue::Kind::tensor:
        return put_array(value.tensor());
      case PickleValue::Kind::bytes:
        break;
    }
    throw std::invalid_argument("write_pickle: no such value");
  }

 private:
  template <class T>
  void put_number(T number) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &number, sizeof(T));
    text.append(bytes, sizeof(T));
  }
  void put_integer(std::int64_t number) {
    if (number == static_cast<std::int32_t>(number)) {
      text += 'J';
      put_number(static_cast<std::int32_t>(number));
      return;
    }
    text += "\x8a\x08";
    put_number(number);
  }
  void put_real(double number) {
    text += 'G';
    char bytes[8];
    std::memcpy(bytes, &number, 8);
    for (int i = 7; i >= 0; --i) text += bytes[i];
  }
  void put_text(const std::string& words) {
    text += 'X';
    put_number(static_cast<std::uint32_t>(words.size()));
    text += words;
  }
  // Protocol 2 has no bytes: they are text in latin-1.
  void put_bytes(const char* bytes, std::size_t count) {
    text += "c_codecs\nencode\n";
    std::string utf8;
    for (std::size_t i = 0; i < count; ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      if (byte < 0x80) {
        utf8 += bytes[i];
      } else {
        utf8 += static_cast<char>(0xC0 | (byte >> 6));
        utf8 += static_cast<char>(0x80 | (byte & 0x3F));
      }
    }
    put_text(utf8);
    put_text("latin1");
    text += "\x86R";
  }
  static const char* type_name(at::ScalarType type) {
    switch (type) {
      case at::kByte:
        return "u1";
      case at::kShort:
        return "i2";
      case at::kInt:
        return "i4";
      case at::kLong:
        return "i8";
      case at::kFloat:
        return "f4";
      case at::kDouble:
        return "f8";
      default:
        throw std::invalid_argument("write_pickle: no such type");
    }
  }
  void put_array(const at::Tensor& tensor) {
    const auto values = tensor.contiguous();
    text += "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n";
    text += "K";
    text += '\0';
    text += "\x85";
    put_bytes("b", 1);
    text += "\x87R(K\x01(";
    for (const auto size : values.sizes()) put_integer(size);
    text += "tcnumpy\ndtype\n";
    put_text(type_name(values.scalar_type()));
    text += "\x89\x88\x87R(K\x03";
    put_text(values.element_size() == 1 ? "|" : "<");
    text += "NNN";
    put_integer(-1);
    put_integer(-1);
    text += 'K';
    text += '\0';
    text += "tb\x89";
    put_bytes(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
    text += "tb";
  }
};

}  // namespace

std::string write_pickle(const PickleValue& value) {
  NumpyPickler pickler;
  pickler.put(value);
  return pickler.text + '.';
}

}  // namespace plexus
