#include <plexus/host/manifest.hpp>

#include <sqlite3.h>
#include <unistd.h>

#include <mutex>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/log.hpp>

namespace plexus {
namespace {

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS cases(id TEXT PRIMARY KEY, state TEXT NOT NULL, recipe TEXT NOT NULL, inputs TEXT NOT NULL,
  outputs TEXT NOT NULL, attempts INTEGER, seconds REAL, estimated_bytes INTEGER, peak_bytes INTEGER, error_kind INTEGER,
  error TEXT, details TEXT, thumbnail BLOB);
CREATE TABLE IF NOT EXISTS facts(key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS processes(number INTEGER PRIMARY KEY AUTOINCREMENT, pid INTEGER, started TEXT);
)";

constexpr const char* state_names[] = {"begun", "done", "failed"};

CaseRecord::State state_of(const std::string& name) {
  for (const auto state : {CaseRecord::State::begun, CaseRecord::State::done, CaseRecord::State::failed})
    if (name == state_names[static_cast<int>(state)]) return state;
  throw std::runtime_error("a state '" + name + "'");
}

struct Damaged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Statement {
 public:
  Statement(sqlite3* base, const char* text) : base_(base) { check(sqlite3_prepare_v2(base, text, -1, &of_, nullptr)); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(of_); }

  Statement& bind(const std::string& value) {
    check(sqlite3_bind_text(of_, ++bound_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT));
    return *this;
  }
  Statement& bind_bytes(const std::string& value) {
    check(sqlite3_bind_blob(of_, ++bound_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT));
    return *this;
  }
  Statement& bind(std::int64_t value) {
    check(sqlite3_bind_int64(of_, ++bound_, value));
    return *this;
  }
  Statement& bind(double value) {
    check(sqlite3_bind_double(of_, ++bound_, value));
    return *this;
  }
  // Whether there is a row.
  bool step() {
    const int code = sqlite3_step(of_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) check(code);
    return code == SQLITE_ROW;
  }
  std::string text(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(of_, column));
    return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(of_, column))) : std::string();
  }
  std::int64_t whole(int column) const { return sqlite3_column_int64(of_, column); }
  double real(int column) const { return sqlite3_column_double(of_, column); }

 private:
  void check(int code) const {
    if (code == SQLITE_OK) return;
    const std::string text = sqlite3_errmsg(base_);
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR || code == SQLITE_MISMATCH) throw Damaged(text);
    throw Error(code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_NOMEM ? ErrorKind::resource : ErrorKind::data,
                "the record of the batch cannot be used: " + text, sqlite3_db_filename(base_, "main"));
  }
  sqlite3* base_;
  sqlite3_stmt* of_ = nullptr;
  int bound_ = 0;
};

}  // namespace

struct Manifest::State {
  std::filesystem::path file;
  sqlite3* base = nullptr;
  mutable std::mutex mutex;

  void open() {
    if (sqlite3_open_v2(file.c_str(), &base, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr) !=
        SQLITE_OK) {
      const std::string text = base ? sqlite3_errmsg(base) : "no memory";
      throw Error(ErrorKind::data, "the record of the batch cannot be opened: " + text, file.string());
    }
    sqlite3_busy_timeout(base, 10000);
    // The rollback journal works on network file systems too, where a write-ahead log does not.
    execute("PRAGMA journal_mode = DELETE");
    execute("PRAGMA synchronous = FULL");
    execute(schema);
    Statement check(base, "PRAGMA quick_check(1)");
    if (!check.step() || check.text(0) != "ok") throw Damaged(check.text(0));
    all();
  }

  void execute(const char* text) {
    char* reason = nullptr;
    const int code = sqlite3_exec(base, text, nullptr, nullptr, &reason);
    if (code == SQLITE_OK) return;
    const std::string said = reason ? reason : sqlite3_errmsg(base);
    sqlite3_free(reason);
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) throw Damaged(said);
    throw Error(ErrorKind::resource, "the record of the batch cannot be written: " + said, file.string());
  }

  std::map<std::string, CaseRecord> all() const {
    std::map<std::string, CaseRecord> records;
    Statement query(base,
                    "SELECT id, state, recipe, inputs, outputs, attempts, seconds, estimated_bytes, peak_bytes, error_kind, "
                    "error, details, thumbnail FROM cases");
    while (query.step()) {
      CaseRecord one;
      one.id = query.text(0);
      one.state = state_of(query.text(1));
      one.recipe = query.text(2);
      one.inputs = stamps_from_json(query.text(3));
      one.outputs = stamps_from_json(query.text(4));
      one.attempts = static_cast<int>(query.whole(5));
      one.seconds = query.real(6);
      one.estimated_bytes = static_cast<std::uint64_t>(query.whole(7));
      one.peak_bytes = static_cast<std::uint64_t>(query.whole(8));
      one.error_kind = static_cast<ErrorKind>(query.whole(9));
      one.error = query.text(10);
      one.details = query.text(11);
      one.thumbnail = query.text(12);
      records.emplace(one.id, std::move(one));
    }
    return records;
  }

  void close() {
    sqlite3_close(base);
    base = nullptr;
  }
};

Manifest::Manifest(const std::filesystem::path& file) : state_(std::make_unique<State>()) {
  state_->file = file;
  std::string damage;
  try {
    state_->open();
    return;
  } catch (const Error&) {
    state_->close();
    throw;
  } catch (const std::exception& error) {  // not a database, not this schema, or no JSON in it
    damage = error.what();
  }
  state_->close();
  const auto aside = file.string() + ".damaged";
  log::warning(fmt::format("{}: the record of the batch is damaged ({}); it is set aside as {} and begun anew", file.string(),
                           damage, aside));
  std::filesystem::rename(file, aside);
  std::filesystem::remove(file.string() + "-journal");
  state_->open();
}

Manifest::~Manifest() { state_->close(); }

std::map<std::string, CaseRecord> Manifest::records() const {
  const std::lock_guard lock(state_->mutex);
  return state_->all();
}

void Manifest::save(const CaseRecord& record) {
  const std::lock_guard lock(state_->mutex);
  Statement insert(state_->base, "INSERT OR REPLACE INTO cases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(record.id).bind(std::string(state_names[static_cast<int>(record.state)])).bind(record.recipe);
  insert.bind(stamps_to_json(record.inputs)).bind(stamps_to_json(record.outputs));
  insert.bind(static_cast<std::int64_t>(record.attempts)).bind(record.seconds);
  insert.bind(static_cast<std::int64_t>(record.estimated_bytes)).bind(static_cast<std::int64_t>(record.peak_bytes));
  insert.bind(static_cast<std::int64_t>(record.error_kind)).bind(record.error).bind(record.details);
  insert.bind_bytes(record.thumbnail);
  insert.step();
}

std::string Manifest::value(const std::string& key) const {
  const std::lock_guard lock(state_->mutex);
  Statement query(state_->base, "SELECT value FROM facts WHERE key = ?");
  return query.bind(key).step() ? query.text(0) : "";
}

void Manifest::set_value(const std::string& key, const std::string& value) {
  const std::lock_guard lock(state_->mutex);
  Statement(state_->base, "INSERT OR REPLACE INTO facts VALUES (?, ?)").bind(key).bind(value).step();
}

void Manifest::begin_process() {
  const std::lock_guard lock(state_->mutex);
  Statement(state_->base, "INSERT INTO processes(pid, started) VALUES (?, datetime('now'))")
      .bind(static_cast<std::int64_t>(getpid()))
      .step();
}

std::vector<std::int64_t> Manifest::processes() const {
  const std::lock_guard lock(state_->mutex);
  Statement query(state_->base, "SELECT pid FROM processes ORDER BY number");
  std::vector<std::int64_t> pids;
  while (query.step()) pids.push_back(query.whole(0));
  return pids;
}

}  // namespace plexus
