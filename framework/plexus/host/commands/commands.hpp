#pragma once
#include <string>
#include <vector>

namespace plexus {

// The verbs of the tool. `args` are what follows the verb's name. Results go to stdout, talk to stderr; the return value is
// the exit code; Error and other exceptions are turned into exit codes by the caller.
int run_command(const std::vector<std::string>& args);
int train_command(const std::vector<std::string>& args);
int predict_command(const std::vector<std::string>& args);
int generate_command(const std::vector<std::string>& args);
int evaluate_command(const std::vector<std::string>& args);
int report_command(const std::vector<std::string>& args);
int pipeline_command(const std::vector<std::string>& args);
int preprocess_command(const std::vector<std::string>& args);
int plugins_command(const std::vector<std::string>& args);
int data_command(const std::vector<std::string>& args);
int model_command(const std::vector<std::string>& args);
int doctor_command(const std::vector<std::string>& args);

// The tool's way in: runs a verb of verbs.inc. Found by name in the loaded library.
extern "C" int plexus_run_verb(const std::string& verb, const std::vector<std::string>& args);

}  // namespace plexus
