#include <chrono>
#include <map>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include <plexus/base/counted.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/luma.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/device.hpp>
#include <plexus/host/generated.hpp>
#include <plexus/host/generation.hpp>
#include <plexus/host/trained_model.hpp>

namespace plexus {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> files_in(const std::vector<std::string>& inputs) {
  std::vector<fs::path> files;
  for (const fs::path input : inputs) {
    if (!fs::exists(input)) throw Error(ErrorKind::data, "does not exist", input.string());
    const auto found = fs::is_directory(input) ? volumes_in(input) : std::vector<fs::path>{input};
    if (found.empty()) throw Error(ErrorKind::data, "holds no masks", input.string(), volume_formats_text());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

// "384,256" or "384"
std::vector<std::int64_t> sides(const std::string& text, const char* option) {
  std::vector<std::int64_t> numbers;
  for (const auto& part : split(text, ',')) {
    const auto number = parse_integer(trim(part));
    if (!number || *number < 1 || *number > 65536)
      throw Error(ErrorKind::usage, "'" + text + "' is no height and width", option, "write 384,256, or 384 for a square");
    numbers.push_back(*number);
  }
  if (numbers.size() == 1) numbers.push_back(numbers.front());
  if (numbers.size() != 2) throw Error(ErrorKind::usage, "'" + text + "' is no height and width", option, "write 384,256");
  return numbers;
}

// One mask: "label" [H, W] of planes, [D, H, W] else.
Sample read_mask(const fs::path& file) {
  const Volume volume = read_volume(file, {.label = true, .key = {}, .series = {}});
  for (const std::string& note : volume.notes) log::info(file.string() + ": " + note);
  Sample sample;
  sample.case_id = volume_stem(file);
  at::Tensor label = volume.data.size(0) == 3 ? luma_8_bit(volume.data) : volume.data[0];
  if (label.size(0) == 1) label = label[0];
  sample.fields["label"] = label.to(at::kInt).contiguous();
  sample.geometry = volume.geometry;
  sample.header = volume.header;
  return sample;
}

void cut_window(Sample& sample, const std::vector<std::int64_t>& size, Rng rng) {
  auto& label = sample.fields.at("label");
  if (label.size(-2) < size[0] || label.size(-1) < size[1])
    throw Error(ErrorKind::data, "is smaller than the window", sample.case_id, "give a smaller --crop");
  const auto row = rng.integer(0, label.size(-2) - size[0] + 1), column = rng.integer(0, label.size(-1) - size[1] + 1);
  label = label.slice(-2, row, row + size[0]).slice(-1, column, column + size[1]).contiguous();
  sample.geometry = {};
  sample.header.reset();
}

// Pictures as PNG, fields in the chosen format, numbers for generate.json.
class Output final : public Sink {
 public:
  Output(fs::path folder, std::string format, bool pairs) : folder_(std::move(folder)), format_(std::move(format)), pairs_(pairs) {}

  void write(Sample sample) override {
    nlohmann::ordered_json numbers = nlohmann::ordered_json::object();
    for (const auto& [name, field] : sample.fields) {
      switch (field_role(name, field)) {
        case FieldRole::number:
          numbers[name] = field.item<double>();
          break;
        case FieldRole::picture:
          write_picture(folder_ / (safe_name(sample.id) + picture_suffix(name) + ".png"), field);
          break;
        case FieldRole::data:
          if (name.starts_with("image")) write_data(sample, name, field);
      }
    }
    records_.push_back({{"id", sample.id}, {"case", sample.case_id}, {"numbers", numbers}});
    if (pairs_) kept_.push_back(std::move(sample));
  }
  const nlohmann::ordered_json& records() const { return records_; }
  std::vector<Sample>& kept() { return kept_; }

 private:
  void write_data(const Sample& sample, const std::string& name, const at::Tensor& field) const {
    if (format_ == "png") return;
    const std::string suffix = format_ == "nifti" ? ".nii.gz" : "." + format_;
    const at::Tensor volume = field.dim() == 3 ? field.unsqueeze(1) : field;
    write_image(folder_ / (safe_name(sample.id) + (name == "image" ? "" : "_" + name) + suffix), volume, sample.geometry,
                sample.header.get());
  }

  fs::path folder_;
  std::string format_;
  bool pairs_;
  nlohmann::ordered_json records_ = nlohmann::ordered_json::array();
  std::vector<Sample> kept_;
};

// Samples in memory as a data set, for write_pairs.
class Kept final : public Dataset {
 public:
  explicit Kept(std::vector<Sample> samples) : samples_(std::move(samples)) {}
  DataInfo info() const override { return plain_info(1, 2); }
  std::vector<std::string> subsets() const override { return {"all"}; }
  std::vector<std::size_t> subset(const std::string&) const override {
    std::vector<std::size_t> indices(samples_.size());
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = i;
    return indices;
  }
  Sample get(std::size_t index, Rng&) const override { return samples_.at(index); }
  Sample describe(std::size_t index) const override { return samples_.at(index); }

 private:
  std::vector<Sample> samples_;
};

}  // namespace

int generate_command(const std::vector<std::string>& args) {
  std::string model, weights = "raw", format = "png", crop, size, pairs, pair_labels = "0,1";
  fs::path checkpoint, output;
  std::vector<std::string> inputs;
  std::int64_t count = 1, batch = 4;
  CommandLine line("generate", "--checkpoint FILE [-i MASK…] -o OUT [options]",
                   "Makes images with trained weights: from masks, one or several of each, or, without masks, unconditionally.\n"
                   "An image depends on the seed and on its mask's name alone, not on the batch or the number of workers.");
  line.option("model", 'm', model, "NAME", "the method; needed for the authors' files, known for ours");
  line.option("checkpoint", '\0', checkpoint, "FILE", "weights: a checkpoint of ours, or the authors' .pth or .pt").needed();
  line.option("input", 'i', inputs, "PATH", "a mask, or a folder of masks; repeatable; none: unconditional images");
  line.option("output", 'o', output, "DIR", "folder for the images").needed();
  line.option("count", 'n', count, "N", "images of each mask, or unconditional ones in all");
  line.option("size", '\0', size, "H,W", "of unconditional images");
  line.option("crop", '\0', crop, "H,W", "a window of this size from each mask, drawn anew for each image");
  line.option("format", '\0', format, "FORMAT", "of the images besides the PNG for people: png (none), nifti, npy, h5: reals, not stretched")
      .one_of({"png", "nifti", "npy", "h5"});
  line.option("pairs", '\0', pairs, "FILE", "also all (image, mask) pairs in one file, .pickle or .h5, to train with");
  line.option("pair-labels", '\0', pair_labels, "A,B", "what background and mask are in that file");
  line.option("batch", '\0', batch, "N", "images made together");
  line.option("weights", '\0', weights, "WHICH", "weights of our checkpoint: raw, or ema (averaged)").one_of({"raw", "ema"});
  line.common({Common::set, Common::device, Common::jobs, Common::compute_threads, Common::seed, Common::overwrite, Common::keep_going,
               Common::plugin_path});
  line.example("plexus generate -m adaptdiff --checkpoint diffusion.octa500.pt -i binary_mask.png -o images", "with the authors' weights");
  line.example("plexus generate --checkpoint best.pth -i masks -n 4 --pairs pairs.h5 -o images", "four of each mask, and pairs to train with");
  line.example("plexus generate --checkpoint best.pth --size 256,256 -n 8 --set sampler=ddim -o images", "unconditional, with fewer steps");
  if (!line.parse(args)) return 0;

  if (count < 1 || batch < 1) throw Error(ErrorKind::usage, "count and batch are at least 1");
  if (inputs.empty() == size.empty())
    throw Error(ErrorKind::usage, inputs.empty() ? "there are no masks" : "the size of an image is its mask's",
                inputs.empty() ? "--input" : "--size", "give masks with -i, or --size H,W for unconditional images");
  if (!pairs.empty() && !pairs.ends_with(".pickle") && !pairs.ends_with(".pkl") && !pairs.ends_with(".h5"))
    throw Error(ErrorKind::usage, "'" + pairs + "' ends in no .pickle, .pkl or .h5", "--pairs");
  std::vector<double> label_values;
  for (const auto& part : split(pair_labels, ',')) label_values.push_back(parse_real(trim(part)).value_or(std::nan("")));
  if (label_values.size() != 2 || std::isnan(label_values[0]) || std::isnan(label_values[1]))
    throw Error(ErrorKind::usage, "'" + pair_labels + "' is no pair of numbers", "--pair-labels", "write 0.5,1");
  const auto window = crop.empty() ? std::vector<std::int64_t>() : sides(crop, "--crop");
  const auto whole = size.empty() ? std::vector<std::int64_t>() : sides(size, "--size");
  if (fs::exists(output / "generate.json") && !line.shared().overwrite)
    throw Error(ErrorKind::usage, "holds images already", output.string(), "give another folder, or --overwrite");

  Node settings = model.empty() ? Node() : Node::map({{"plugin", Node::scalar(model)}});
  for (const std::string& assignment : line.shared().set) set_value(settings, assignment);
  if (line.shared().compute_threads > 0) at::set_num_threads(line.shared().compute_threads);
  const at::Device device = open_device(line.shared().device);
  Plugins plugins(line.shared().plugin_path);
  const TrainedModel trained = load_any(plugins, checkpoint, settings, plain_info(1, 2), weights, device);

  std::vector<fs::path> masks;  // of each image
  HostContext context(prediction_key(line.shared().seed.value_or(0)).fork("generate"), device);
  GenerationInput input{*trained.model, context, "generate", {}, {}, batch, line.shared().jobs, !line.shared().fail_fast};
  if (inputs.empty()) {
    for (std::int64_t copy = 0; copy < count; ++copy) input.ids.push_back("sample_" + std::to_string(copy));
  } else {
    std::map<std::string, fs::path> names;
    for (const fs::path& file : files_in(inputs)) {
      const auto [known, fresh] = names.emplace(volume_stem(file), file);
      if (!fresh)
        throw Error(ErrorKind::data, "has the name of " + known->second.string(), file.string(), "images are named after their masks");
      for (std::int64_t copy = 0; copy < count; ++copy) {
        input.ids.push_back(copy_id(known->first, copy, count));
        masks.push_back(file);
      }
    }
  }
  input.source = [&](std::size_t i) {
    if (masks.empty()) {
      Sample sample;
      sample.fields["size"] = at::tensor(whole, at::kLong);
      sample.case_id = input.ids[i];
      return sample;
    }
    Sample sample = read_mask(masks[i]);
    if (!window.empty()) cut_window(sample, window, context.key().fork("window").fork(input.ids[i]));
    return sample;
  };

  make_folder(output);
  Output sink(output, format, !pairs.empty());
  const auto start = std::chrono::steady_clock::now();
  const std::int64_t failed = generate_samples(input, sink);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!pairs.empty()) write_pairs(pairs, Kept(std::move(sink.kept())), label_values);
  nlohmann::ordered_json record{{"checkpoint", checkpoint.string()},
                                {"sha256", sha256_file(checkpoint)},
                                {"method", trained.plugin},
                                {"options", nlohmann::json::parse(settings.is_null() ? "{}" : settings.json())},
                                {"seed", line.shared().seed.value_or(0)},
                                {"device", line.shared().device},
                                {"compute_threads", at::get_num_threads()},
                                {"seconds", seconds},
                                {"samples", sink.records()}};
  write_file(output / "generate.json", record.dump(1) + "\n");
  const auto total = static_cast<std::int64_t>(input.ids.size());
  log::info(counted(static_cast<std::uint64_t>(total - failed), "image") + " written to " + output.string() + "; generate.json has their figures");
  if (failed == 0) return 0;
  return exit_code(failed == total ? ErrorKind::data : ErrorKind::cases);
}

}  // namespace plexus
