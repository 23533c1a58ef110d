// SPDX-License-Identifier: GPL-3.0-or-later
#include "solver/app/patient_identifiers.h"

#include "mesh_io/dicom_privacy.h"
#include "solver/app/case_parameters.h"
#include "solver/app/failure.h"
#include "solver/core/errors.h"
#include "solver/core/provenance.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;
using Json   = nlohmann::ordered_json;

std::string file_in(const std::string &directory)
{
  return directory + "/identifiers.json";
}

/// The case's DICOM folder.
std::string dicom_folder(const Case &simulation)
{
  const auto &p = simulation.parameters;
  std::string source;
  if (geometry_source(p) == GeometrySource::image)
    source = image_name(p);
  else if (geometry_source(p) == GeometrySource::labels)
    source = p.file("Mesh/Labels");
  if (source.empty() || !fs::is_directory(source))
    throw UsageError("--keep-identifiers keeps what a DICOM series says of the patient, and this case has no DICOM series");
  return source;
}

std::string identifiers_text(const DicomPrivacy &found)
{
  Json list = Json::array();
  for (const auto &attribute : found.identifying)
    list.push_back({{"tag", attribute.tag}, {"name", attribute.name}, {"value", attribute.value}});
  const Json content{{"format", "vesalius patient identifiers"},
                     {"version", 1},
                     {"warning", "This file identifies the patient. It is here because --keep-identifiers asked for it."},
                     {"attributes", list}};
  return content.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}
/// run.json of a run that has ended; one that is under way writes its own.
void mark_record(const std::string &directory, bool holds)
{
  const std::string file = directory + "/run.json";
  std::ifstream     stream(file);
  Json              record = Json::parse(stream, nullptr, false);
  if (!record.is_object() || record.value("exit_status", -1) < 0)
    return;
  record["holds_patient_identifiers"] = holds;
  write_file_atomically(file, record.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}
} // namespace

bool holds_identifiers(const std::string &directory)
{
  return fs::exists(file_in(directory));
}

bool keep_identifiers(const Case &simulation, const std::string &directory, bool keep, Log &log)
{
  if (!keep)
    {
      const bool changed = fs::remove(file_in(directory));
      if (changed)
        mark_record(directory, false);
      return changed;
    }
  const auto text    = identifiers_text(read_dicom_privacy(dicom_folder(simulation)));
  const bool changed = !holds_identifiers(directory);
  fs::create_directories(directory);
  write_file_atomically(file_in(directory), text);
  mark_record(directory, true);
  log.warning("the output holds patient identifiers (identifiers.json, report.html), as --keep-identifiers asked",
              "keep the folder where patients' names may be kept; run without the option to remove them");
  return changed;
}

void warn_about_identifiers(const std::string &folder, Log &log)
{
  const auto found = read_dicom_privacy(folder);
  if (found.has_burned_in_text)
    log.warning("the image says that text is burned into its pixels: the slices in the report may show a name",
                "use a series without burned-in annotation, or look at the slices before the report leaves the house");
  if (found.path_is_telling)
    log.warning("the path of the DICOM series holds the patient's name or number, and the log, run.json and the report name the path",
                "rename the folder, or link to it under another name");
}

} // namespace vesalius
