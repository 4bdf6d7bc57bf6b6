#pragma once
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <plexus/base/reserved.hpp>
#include <plexus/sdk/context.hpp>
#include <plexus/sdk/dataset.hpp>
#include <plexus/sdk/sample.hpp>

namespace torch::nn {
class Module;
}

namespace plexus {

// A network that the host moves, initialises from a seed, loads, saves, averages and counts.
struct Network {
  enum class Role { trained, frozen };      // frozen: loaded from another stage or file, hashed, not saved again
  enum class Mode { follow, train, eval };  // of normalisation and dropout while training; follow: the host's
  std::string name;
  std::shared_ptr<torch::nn::Module> module;
  Role role = Role::trained;
  Mode mode = Mode::follow;
  std::vector<double> averages = {};        // rates of exponential moving averages, kept by the host
  bool needed_to_predict = true;            // false: `predict` works without it, so a file may lack it
  bool filled = false;                      // frozen: by the model itself, from a file that its options name
  Reserved reserved = {};
};

struct Rename { std::string from, to; };    // regular expression (ECMAScript) on the authors' key, and its replacement

// How the authors' files hold a network: the dictionaries to open ("state_dict"), prefixes and names to change.
struct Original {
  std::string network;
  std::vector<std::string> containers = {};  // tried in order; none: the file is the state dict itself
  std::vector<Rename> renames = {};
  Reserved reserved = {};
};

// What comes out of a model for one batch: "label" [B, (D,) H, W] int64 on the grid of the batch's image, "score"
// [B, K, …] in [0, 1], "uncertainty", "image", "field"; `values` are numbers of the case ("shift_mm"); `pictures` [H, W, 3]
// uint8 are for people and written as they are: as JPEG where the name ends in ".jpg", else as PNG.
struct Prediction {
  std::map<std::string, at::Tensor> fields;
  std::vector<std::pair<std::string, double>> values;
  std::map<std::string, at::Tensor> pictures = {};
  Reserved reserved = {};
};

// The networks of a method and what it does with them once they are trained.
class Model {
 public:
  virtual ~Model();
  virtual std::vector<Network> networks() = 0;
  // The batch holds whole cases or samples as the data set gives them, "image" at least. Called without gradient, networks
  // in eval mode.
  virtual Prediction predict(const Batch& batch, Context& context) = 0;
  virtual std::vector<Original> originals() const;
  // What the stage's checkpoint remembers beside the weights so that `predict` can rebuild the model is the host's work:
  // the settings and the DataInfo it was made with.
};

// Abilities: small interfaces that a Model may have besides, found by dynamic_cast.

// One forward pass of the segmentation network: baselines, sliding windows, ensembles and statistics use it.
class Segmenter {
 public:
  virtual ~Segmenter();
  // [B, C, (D,) H, W] -> logits [B, K, (D,) H, W], on whatever mode the network is in; with gradient where it is enabled.
  virtual at::Tensor logits(const at::Tensor& image) = 0;
};

// Takes the samples that `generate` makes; the next stage's data.
class Sink {
 public:
  virtual ~Sink();
  virtual void write(Sample sample) = 0;
};

// Makes samples. Called without gradient, networks in eval mode.
class Generating {
 public:
  virtual ~Generating();
  // Writes samples made from the batch, in the order of its rows: "label" [B, (D,) H, W], or whatever the method asks for; a
  // batch without that asks for unconditional ones, of `size` [B, axes] int64. What a row gives must not depend on the others.
  // Of a sample's fields, "picture" and "picture_…", uint8 [H, W] or [3, H, W], are for people, those without axes are numbers.
  virtual void generate(const Batch& batch, Sink& sink, Context& context) = 0;
};

}  // namespace plexus
