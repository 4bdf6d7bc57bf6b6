#include <plexus/data/itk_io.hpp>

#include <new>
#include <stdexcept>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace plexus::itk_io {

void rethrow_itk(const std::filesystem::path& path) {
  std::string text;
  try {
    throw;
  } catch (const itk::ExceptionObject& error) {
    text = error.GetDescription();
  } catch (const std::bad_alloc&) {
    text = "it asks for more memory than there is";
  } catch (const std::exception& error) {
    text = error.what();
  }
  text.erase(0, text.find_first_not_of(" \n"));
  throw Error(ErrorKind::data, fmt::format("cannot be read or written: {}", text.substr(0, text.find('\n'))), path.string());
}

Types types(const itk::ImageIOBase& io, const std::filesystem::path& path) {
  using Component = itk::IOComponentEnum;
  using Kind = ElementType::Kind;
  const auto made = [](at::ScalarType stored, ElementType element) {
    return Types{stored, used_type(element), element, type_name(element)};
  };
  switch (io.GetComponentType()) {
    case Component::UCHAR:
      return made(at::kByte, {Kind::unsigned_integer, 1});
    case Component::CHAR:
      return made(at::kChar, {Kind::signed_integer, 1});
    case Component::SHORT:
      return made(at::kShort, {Kind::signed_integer, 2});
    case Component::USHORT:
      return made(at::kUInt16, {Kind::unsigned_integer, 2});
    case Component::INT:
      return made(at::kInt, {Kind::signed_integer, 4});
    case Component::UINT:
      return made(at::kUInt32, {Kind::unsigned_integer, 4});
    case Component::LONG:
    case Component::LONGLONG:
      return made(at::kLong, {Kind::signed_integer, 8});
    case Component::FLOAT:
      return made(at::kFloat, {Kind::real, 4});
    case Component::DOUBLE:
      return made(at::kDouble, {Kind::real, 8});
    default:
      break;
  }
  throw Error(
      ErrorKind::data,
      fmt::format("elements of type {} cannot be read", itk::ImageIOBase::GetComponentTypeAsString(io.GetComponentType())),
      path.string());
}

itk::IOComponentEnum component(at::ScalarType type) {
  using Component = itk::IOComponentEnum;
  switch (type) {
    case at::kByte:
      return Component::UCHAR;
    case at::kShort:
      return Component::SHORT;
    case at::kInt:
      return Component::INT;
    case at::kLong:
      return Component::LONG;
    case at::kFloat:
      return Component::FLOAT;
    case at::kDouble:
      return Component::DOUBLE;
    default:
      throw std::logic_error("itk_io::component");
  }
}

}  // namespace plexus::itk_io
