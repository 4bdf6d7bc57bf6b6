#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "subject.hpp"

namespace plexus::parity {

// A case's file before its inputs are made. Throws std::runtime_error where it cannot be read or lacks a field.
struct CaseFile {
  std::filesystem::path path;
  nlohmann::json content;
  std::string name() const { return content.at("case").get<std::string>(); }
  std::string subject() const { return content.at("subject").get<std::string>(); }
  // Files below `shared` that the case needs: its checkpoint, and config.file.
  std::vector<std::filesystem::path> needs(const std::filesystem::path& shared) const;
  Case make(const std::filesystem::path& shared) const;
};
CaseFile read_case(const std::filesystem::path& path);

// The *.json files below a folder, sorted by path.
std::vector<std::filesystem::path> case_files(const std::filesystem::path& folder);

}  // namespace plexus::parity
