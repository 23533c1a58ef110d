// SPDX-License-Identifier: GPL-3.0-or-later
// Planted identifiers: a DICOM series whose header says all that a header can say of a patient goes through the whole chain, and through
// every refusal, and nothing of it may be found in what comes out.
#include "benchmarks/verification/reliability_tools.h"
#include "mesh_io/inflated_file.h"
#include "mesh_io/phantom.h"
#include "solver/core/registry.h"
#include "solver/interfaces/verification.h"
#include "tests/verification/dicom_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>

namespace vesalius::verification
{

namespace
{
namespace fs = std::filesystem;
using testing::DicomFile;

constexpr int input_error = 2;

struct Plant
{
  int         group, element;
  const char *vr;
  const char *value;
};

/// Identifying attributes of every kind (PS3.15, table E.1-1), with UTF-8 and markup in them, and private ones.
constexpr Plant plants[] = {
  {0x0008, 0x0012, "DA", "19580117"},
  {0x0008, 0x0013, "TM", "034759.837"},
  {0x0008, 0x0014, "UI", "1.2.826.0.1.8842.5550"},
  {0x0008, 0x0018, "UI", "1.2.826.0.1.8842.5551"},
  {0x0008, 0x0020, "DA", "19580118"},
  {0x0008, 0x0021, "DA", "19580119"},
  {0x0008, 0x0022, "DA", "19580120"},
  {0x0008, 0x0023, "DA", "19580121"},
  {0x0008, 0x0030, "TM", "034801.111"},
  {0x0008, 0x0050, "SH", "ACCQZ8842"},
  {0x0008, 0x0080, "LO", "Klinik Qu\xc3\xa4rzheim"},
  {0x0008, 0x0081, "ST", "Quarzallee 8842, 99999 Quarzheim"},
  {0x0008, 0x0090, "PN", "Referrerov\xc3\xa1^Quilla"},
  {0x0008, 0x0092, "ST", "Referrerweg 8842"},
  {0x0008, 0x0094, "SH", "+49 8842 5553"},
  {0x0008, 0x1010, "SH", "STATIONQZ42"},
  {0x0008, 0x1030, "LO", "<b>Study of Quinzy</b>"},
  {0x0008, 0x103e, "LO", "Series of Quinzy"},
  {0x0008, 0x1040, "LO", "Quinzy Department"},
  {0x0008, 0x1048, "PN", "Recorderova^Qamar"},
  {0x0008, 0x1050, "PN", "Performerova^Qadir"},
  {0x0008, 0x1060, "PN", "Readerova^Qasim"},
  {0x0008, 0x1070, "PN", "Operatorova^Quentina"},
  {0x0008, 0x1080, "LO", "Diagnosis Quinsy"},
  {0x0010, 0x0010, "PN", "Z\xc3\xb6llquist^\xc3\x84gneta=\xe9\xbb\x84\xe5\xb0\x8f\xe6\x98\x8e"},
  {0x0010, 0x0020, "LO", "PIDQZ-8842-77"},
  {0x0010, 0x0030, "DA", "19481211"},
  {0x0010, 0x0032, "TM", "045612.42"},
  {0x0010, 0x1000, "LO", "OTHERQZ-8842"},
  {0x0010, 0x1001, "PN", "<script>alert('Quellnamen')</script>"},
  {0x0010, 0x1005, "PN", "Birthnamova^Quella"},
  {0x0010, 0x1010, "AS", "077Y"},
  {0x0010, 0x1040, "LO", "Am Quellgrund 88"},
  {0x0010, 0x1060, "PN", "Motherova^Quella"},
  {0x0010, 0x1090, "LO", "RecordLocatorQZ"},
  {0x0010, 0x2000, "LO", "Alert allergicQZ"},
  {0x0010, 0x2150, "LO", "Quatarland"},
  {0x0010, 0x2154, "SH", "+49 8842 5559"},
  {0x0010, 0x2160, "SH", "EthnicQZ"},
  {0x0010, 0x2180, "SH", "OccupationQZ"},
  {0x0010, 0x21b0, "LT", "History of Quinzy\\ntwo lines"},
  {0x0010, 0x21f0, "LO", "ReligionQZ"},
  {0x0010, 0x4000, "LT", "Comment QZ of the patient"},
  {0x0018, 0x1000, "LO", "SERIALQZ8842"},
  {0x0018, 0x1030, "LO", "ProtocolQZ Quinzy"},
  {0x0018, 0x4000, "LT", "AcquisitionQZ comment"},
  {0x0020, 0x000d, "UI", "1.2.826.0.1.8842.5561"},
  {0x0020, 0x000e, "UI", "1.2.826.0.1.8842.5562"},
  {0x0020, 0x0010, "SH", "STUDYQZ8842"},
  {0x0020, 0x0052, "UI", "1.2.826.0.1.8842.5563"},
  {0x0020, 0x4000, "LT", "ImageQZ comment"},
  {0x0032, 0x1032, "PN", "Requesterova^Quirin"},
  {0x0038, 0x0010, "LO", "ADMISSIONQZ8842"},
  {0x0038, 0x0300, "LO", "Ward QZ 8842"},
  {0x0038, 0x0500, "LO", "StateQZ"},
  {0x0040, 0x0006, "PN", "Scheduledova^Quirina"},
  {0x0040, 0x0253, "SH", "STEPQZ8842"},
  {0x0040, 0x1400, "LT", "RequestedQZ comment"},
  {0x4008, 0x0114, "PN", "Interpreterova^Quolla"},
  {0x0009, 0x0010, "LO", "QZ PRIVATE CREATOR"},
  {0x0009, 0x1001, "LO", "PrivateQZ Z\xc3\xb6llquist"},
  {0x0009, 0x1002, "UN", "PrivateUnknownQZ"},
  {0x6000, 0x1500, "LO", "OverlayLabelQZ"},
  {0x6000, 0x3000, "OW", "OVERLAYBITMAPQZ!"},
};

/// Not a word that the program itself may use, such as "comment".
bool is_telling(const std::string &part)
{
  constexpr std::size_t shortest = 6;
  return part.size() >= shortest && (part.ends_with("ova") || std::any_of(part.begin(), part.end(), [](unsigned char c) {
                                       return c == 'Q' || c >= 0x80 || (c >= '0' && c <= '9');
                                     }));
}

/// Values and their parts.
std::set<std::string> needles()
{
  std::set<std::string> result;
  for (const Plant &plant : plants)
    {
      std::string part;
      for (const char c : std::string(plant.value) + "^")
        if (std::string_view("^= ,<>/\n").find(c) == std::string_view::npos)
          part += c;
        else
          {
            if (is_telling(part))
              result.insert(part);
            part.clear();
          }
      if (is_telling(plant.value))
        result.insert(plant.value);
    }
  return result;
}

std::string content_of(const fs::path &file)
{
  if (file.extension() == ".gz")
    {
      const auto inflated = read_inflated_file(file.string(), std::size_t(1) << 28);
      return {inflated.begin(), inflated.end()};
    }
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class Series
{
public:
  /// Slices of the phantom of an aorta as a DICOM series, with everything planted, each file named by its UID as archives do.
  Series(const std::string &folder, double voxel_mm) : folder_(folder)
  {
    fs::create_directories(folder);
    const Image image = make_aorta_phantom({.voxel_mm = voxel_mm}).image;
    const auto &grid  = image.grid;
    n_slices_         = static_cast<int>(grid.size[2]);
    for (std::size_t k = 0; k < grid.size[2]; ++k)
      {
        std::string pixels;
        for (std::size_t n = 0; n < grid.size[0] * grid.size[1]; ++n)
          pixels += DicomFile::us(static_cast<unsigned int>(std::lround((image.values[grid.index(0, 0, k) + n] + 1000) / 2)));
        const auto x = grid.point_mm(0, 0, double(k));
        DicomFile  file;
        file.set_slice("CT", "1", "1", int(k), int(grid.size[1]), int(grid.size[0]), fmt::format("{:.4f}\\{:.4f}\\{:.4f}", x[0], x[1], x[2]),
                       fmt::format("{}\\{}", grid.spacing_mm[1], grid.spacing_mm[0]), pixels);
        file.set(0x0008, 0x0005, "CS", "ISO_IR 192");
        for (const Plant &plant : plants)
          file.set(plant.group, plant.element, plant.vr, plant.value);
        file.set(0x0008, 0x0018, "UI", fmt::format("1.2.826.0.1.8842.5551.{}", k));
        file.write(name(int(k)));
      }
  }
  std::string name(int slice) const { return fmt::format("{}/1.2.826.0.1.8842.5551.{:03}.dcm", folder_, slice); }
  int         n_slices() const { return n_slices_; }

private:
  std::string folder_;
  int         n_slices_ = 0;
};

/// Where planted values were found.
struct Search
{
  std::set<std::string> wanted = needles();
  int                   n_files = 0, n_found = 0;
  std::string           first;

  void look_into(const std::string &text, const std::string &name)
  {
    ++n_files;
    for (const auto &needle : wanted)
      if (text.find(needle) != std::string::npos)
        {
          ++n_found;
          if (first.empty())
            first = "'" + needle + "' in " + name;
        }
  }
  void look_into_folder(const std::string &folder)
  {
    if (fs::exists(folder))
      for (const auto &entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file())
          {
            look_into(content_of(entry.path()), entry.path().string());
            look_into(entry.path().filename().string(), "the name of a file");
          }
  }
};

constexpr const char *case_text = R"(set Physics = flow
subsection Image
  set File = series
end
subsection Surface
  set Minimum cap radius = 3 mm
end
subsection Mesh
  set Cells across = 3
end
subsection Time
  set Cycles          = 1
  set Run-in          = false
  set Steps per cycle = 8
  set Courant limit   = 0
end
subsection Checkpoint
  set Steps = 4
end
subsection Boundaries
  subsection wall
    set Type = wall
  end
  subsection inlet
    set Type          = inflow
    set Fourier modes = 20 mL/s
    set Period        = 1 s
  end
  subsection outlet*
    set Type             = windkessel
    set Total resistance = 4.6 mmHg s/mL
    set Total compliance = 0.4 mL/mmHg
  end
end
)";

/// The refusals: each spoils the series in its way, and is undone.
void try_refusals(const WorkFolder &work, const Series &series, Search &search, int &n_wrong)
{
  const std::string last = series.name(series.n_slices() / 2), copy = work.path("copy");
  fs::copy_file(last, copy);
  const std::string                                             whole = content_of(copy);
  const std::vector<std::function<void()>> faults{[&] { fs::remove(last); }, [&] { fs::resize_file(last, whole.size() / 2); },
                                                  [&] { fs::resize_file(last, 132); }, [&] { fs::copy_file(last, last + "x.dcm"); },
                                                  [&] {
                                                    std::string other = whole;
                                                    other.replace(other.find("1.2.826.0.1.8842.5562"), 21, "1.2.826.0.1.8842.5572");
                                                    std::ofstream(last, std::ios::binary) << other;
                                                  }};
  for (const auto &fault : faults)
    {
      fault();
      const auto ended = work.call({"segment", work.path("series"), "--output", work.path("refused")}, 60);
      n_wrong += ended.exit_status == input_error ? 0 : 1;
      search.look_into(ended.output, "the message of a refusal");
      search.look_into_folder(work.path("refused"));
      fs::remove(last + "x.dcm");
      fs::copy_file(copy, last, fs::copy_options::overwrite_existing);
    }
}

class PrivacyCase : public VerificationCase
{
public:
  VerificationResult run(RunContext &context, bool quick) const override
  {
    VerificationResult result;
    if (!context.is_root())
      return result;
    const double     start = seconds_with_children();
    const WorkFolder work;
    const Series     series(work.path("series"), quick ? 1.6 : 1.0);
    std::ofstream(work.path("case.prm")) << case_text;
    Search search;
    int    n_wrong = 0;

    const std::vector<std::string> command{"run", work.path("case.prm"), "--output", work.path("out")};
    const auto                     whole_chain = work.call(command, 400);
    n_wrong += whole_chain.exit_status == 0 ? 0 : 1;
    search.look_into(whole_chain.output, "what the run printed");
    search.look_into_folder(work.path("out"));
    int n_silent = 0;
    for (const char *form : {"text", "--json"})
      {
        const auto info = work.call(form[0] == '-' ? std::vector<std::string>{"info", "series", form} : std::vector<std::string>{"info", "series"}, 60);
        search.look_into(info.output, "what `info` printed");
        for (const char *name : {"Patient's Name", "Patient ID", "Institution Name", "Study Description", "Overlay"})
          n_silent += std::search(info.output.begin(), info.output.end(), name, name + std::char_traits<char>::length(name),
                                  [](char a, char b) { return std::tolower(a) == std::tolower(b); }) == info.output.end() ?
                        1 :
                        0;
      }
    try_refusals(work, series, search, n_wrong);

    // What is asked for comes, as text, in the two files that say so; and goes again.
    Search kept;
    auto   keeping = command;
    keeping.emplace_back("--keep-identifiers");
    n_wrong += work.call(keeping, 400).exit_status == 0 ? 0 : 1;
    kept.look_into(content_of(work.path("out/identifiers.json")), "identifiers.json");
    const std::string report    = content_of(work.path("out/report.html"));
    const int         n_markup  = report.find("<script>alert('Quell") == std::string::npos ? 0 : 1;
    const bool        is_marked = content_of(work.path("out/run.json")).find("\"holds_patient_identifiers\": true") != std::string::npos &&
                           report.find("identifies the patient") != std::string::npos;
    n_wrong += work.call(command, 400).exit_status == 0 ? 0 : 1;
    search.look_into_folder(work.path("out"));

    const VerificationCost cost{0, seconds_with_children() - start};
    result.records = {make_record("planted values and their parts", "", double(search.wanted.size()), Criterion::shown, double(std::size(plants)), 0, "", cost),
                      make_record("outputs searched", "", search.n_files, Criterion::shown, 0, 0, "", cost),
                      never("planted values found", search.n_found, cost),
                      never("commands with another exit status than expected", n_wrong, cost),
                      never("withheld attributes that info does not name", n_silent, cost),
                      make_record("planted values in identifiers.json with --keep-identifiers", "", kept.n_found, Criterion::at_least, 50, 0, "what was asked for", cost),
                      never("outputs with identifiers that are not marked", is_marked ? 0 : 1, cost),
                      never("markup of a name that became markup of the report", n_markup, cost)};
    if (!search.first.empty())
      result.remarks.push_back("The first: `" + search.first + "`.");
    if (whole_chain.exit_status != 0)
      result.remarks.push_back("The run ended with:\n\n```\n" + whole_chain.output + "\n```");
    return result;
  }
};

const bool registered = Registry<VerificationCase>::add(
  {"verification case", "reliability_privacy", "Identifiers planted in a DICOM series.",
   "A CT series of the phantom whose headers hold some sixty identifying attributes (PS3.15, annex E; UTF-8, markup, private elements, an overlay plane), in files "
   "named by UID, goes from image to report, through `info` and through refusals (missing, truncated, doubled slices, two series). Every byte of every output, "
   "compressed ones inflated, is searched for the planted values.",
   "benchmarks/verification/reliability_privacy.cpp"},
  [] { return std::make_unique<PrivacyCase>(); });
} // namespace

} // namespace vesalius::verification
