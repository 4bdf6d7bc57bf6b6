#include <plexus/report/html.hpp>

#include <fmt/format.h>
#include <openssl/evp.h>

#include <plexus/base/text.hpp>

namespace plexus::html {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark;
  --page: #f7f7f5; --card: #ffffff; --ink: #16181d; --soft: #5a606b; --line: #e2e3e0; --accent: #2a6fd0;
  --s1: #2a78d6; --s2: #c2571a; --s3: #14906a; --s4: #8a4fc7; --s5: #b98300; --s6: #d13f6d; --s7: #557a1f; --s8: #5f6b7a; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14161a; --card: #1c1f25; --ink: #e8eaee; --soft: #9aa2af; --line: #30343d; --accent: #7db0f5;
  --s1: #5a9df0; --s2: #f08a4b; --s3: #3fbf95; --s4: #b88bee; --s5: #dcae3c; --s6: #f0779c; --s7: #93bd55; --s8: #9aa7b8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 19px; margin: 44px 0 12px; padding-top: 16px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; margin: 24px 0 8px; }
p { margin: 6px 0; max-width: 75ch; }
.lead { font-size: 17px; margin: 10px 0 18px; }
.small, .soft { color: var(--soft); }
.small { font-size: 13px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 14px; margin: 8px 0 20px; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 12px; margin: 16px 0; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.tile b { display: block; font-size: 26px; line-height: 1.25; white-space: nowrap; font-weight: 650; letter-spacing: -0.02em; }
.tile b small { font-size: 15px; font-weight: 450; color: var(--soft); letter-spacing: 0; }
.tile span { display: block; font-size: 13px; color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 12px; }
.chart { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px 8px; min-width: 0; }
figcaption { font-size: 14px; font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 12.5px; color: var(--soft); margin: 3px 0 2px; }
.key { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 5px; vertical-align: -1px; }
svg { display: block; width: 100%; height: auto; margin-top: 4px; }
svg text { font: 11.5px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink); } svg .tick { fill: var(--soft); font-size: 11px; }
.grid { stroke: var(--line); } .axis, .whisker { stroke: var(--soft); fill: none; }
.line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; } .band { fill: var(--c); opacity: 0.16; }
circle, .bar { fill: var(--c); } i.key { background: var(--c); }
.s1 { --c: var(--s1); } .s2 { --c: var(--s2); } .s3 { --c: var(--s3); } .s4 { --c: var(--s4); }
.s5 { --c: var(--s5); } .s6 { --c: var(--s6); } .s7 { --c: var(--s7); } .s8 { --c: var(--s8); }
.scroll { overflow: auto; max-height: 520px; border: 1px solid var(--line); border-radius: 10px; background: var(--card); margin: 8px 0; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 7px 14px; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
thead th { position: sticky; top: 0; background: var(--card); box-shadow: 0 1px var(--line); font-weight: 600; font-size: 13px; cursor: pointer; }
td.n, th.n { text-align: right; }
td small { display: block; color: var(--soft); font-size: 12px; }
.pairs th { width: 1%; font-weight: 500; color: var(--soft); } .pairs td { white-space: normal; overflow-wrap: anywhere; }
.shots { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 12px; }
.shot { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.shot img { display: block; width: 100%; height: auto; background: #000; }
.shot figcaption { padding: 8px 12px 10px; font-weight: 500; font-size: 13px; }
.warn { border-left: 3px solid var(--s2); padding: 2px 0 2px 12px; margin: 6px 0; overflow-wrap: anywhere; }
details { margin: 10px 0; } summary { cursor: pointer; font-weight: 600; font-size: 14px; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; overflow: auto; font: 12.5px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
@media print { .scroll { max-height: none; overflow: visible; } main { max-width: none; padding: 0; } figure, .tile { break-inside: avoid; } }
)";

constexpr std::string_view script = R"(
for (const head of document.querySelectorAll('table.sortable thead th')) head.addEventListener('click', () => {
  const body = head.closest('table').tBodies[0], column = head.cellIndex, down = head.dataset.down !== '1';
  for (const other of head.parentNode.children) delete other.dataset.down;
  head.dataset.down = down ? '1' : '0';
  const key = row => row.cells[column].dataset.key ?? row.cells[column].textContent;
  const compare = (a, b) => { const x = parseFloat(a), y = parseFloat(b);
    return isNaN(x) || isNaN(y) ? (isNaN(x) - isNaN(y)) || a.localeCompare(b, 'en', {numeric: true}) : x - y; };
  [...body.rows].sort((a, b) => (down ? 1 : -1) * compare(key(a), key(b))).forEach(row => body.append(row));
});
)";

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

}  // namespace

std::string table(const std::vector<std::string>& headings, const std::vector<std::vector<Cell>>& rows) {
  std::string out = "<div class='scroll'><table class='sortable'><thead><tr>";
  for (std::size_t c = 0; c < headings.size(); ++c)
    out += fmt::format("<th{}>{}</th>", !rows.empty() && c < rows[0].size() && rows[0][c].number ? " class='n'" : "",
                       html_escape(headings[c]));
  out += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const Cell& cell : row)
      out += fmt::format("<td{}{}>{}</td>", cell.number ? " class='n'" : "",
                         cell.key.empty() ? "" : fmt::format(" data-key='{}'", html_escape(cell.key)), cell.content);
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string pairs(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::string out = "<div class='scroll'><table class='pairs'><tbody>\n";
  for (const auto& [name, value] : rows)
    out += fmt::format("<tr><th scope='row'>{}</th><td>{}</td></tr>\n", html_escape(name), value);
  return out + "</tbody></table></div>\n";
}

std::string picture(std::string_view png, const std::string& description) {
  return fmt::format("<img alt='{}' src='data:image/png;base64,{}'>", html_escape(description), base64(png));
}

std::string page(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n<meta name='viewport' content='width=device-width, "
      "initial-scale=1'>\n"
      "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
      "script-src "
      "'unsafe-inline'\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n<script>{}</script>\n</"
      "body>\n</html>\n",
      html_escape(title), style, body, script);
}

}  // namespace plexus::html
