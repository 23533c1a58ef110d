// SPDX-License-Identifier: GPL-3.0-or-later
// gmsh's own library takes what is no mesh for a script and runs it, and crashes over damaged ones: this reads the two formats that
// its users export, after the chapter "MSH file format" of its manual.
#include "mesh_io/msh_cell_kinds.h"
#include "mesh_io/msh_files.h"
#include "solver/core/number_text.h"
#include "solver/core/promised_size.h"
#include "solver/core/text_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <set>

namespace vesalius
{

const std::vector<MshCellKind> &msh_cell_kinds()
{
  static const std::vector<MshCellKind> kinds{
    {15, 1, 0, {0}},
    {1, 3, 1, {0, 1}},
    {8, 21, 1, {0, 1, 2}},
    {2, 5, 2, {0, 1, 2}},
    {9, 22, 2, {0, 1, 2, 3, 4, 5}},
    {3, 9, 2, {0, 1, 2, 3}},
    {4, 10, 3, {0, 1, 2, 3}},
    {11, 24, 3, {0, 1, 2, 3, 4, 5, 6, 7, 9, 8}},
    {5, 12, 3, {0, 1, 2, 3, 4, 5, 6, 7}},
    {6, 13, 3, {0, 1, 2, 3, 4, 5}},
    {7, 14, 3, {0, 1, 2, 3, 4}},
  };
  return kinds;
}

namespace
{
using Tag = long long;

/// The numbers of an MSH file, text or binary, one after the other.
class MshSource
{
public:
  MshSource(const std::string &path, std::string_view content)
    : path_(path), all_(content), rest_(content)
  {}

  void set_binary(bool binary, bool swapped)
  {
    is_binary_  = binary;
    is_swapped_ = swapped;
  }
  bool is_binary() const { return is_binary_; }

  /// Moves behind the line `name`; false at the end of the file.
  bool next_section(std::string &name)
  {
    const auto begin = rest_.find('$');
    if (begin == std::string_view::npos)
      return false;
    rest_.remove_prefix(begin);
    std::string_view line = text_line();
    name                  = take_word(line);
    return true;
  }
  /// Moves before the line that ends the section.
  void skip_section(const std::string &name)
  {
    const auto end = rest_.find("$End" + name.substr(1));
    if (end == std::string_view::npos)
      throw error("the section " + name + " does not end");
    rest_.remove_prefix(end);
  }
  std::string_view text_line()
  {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    return line;
  }

  Tag integer() { return is_binary_ ? number_of_bytes<std::int32_t>(take(4), is_swapped_) : whole_number(); }
  Tag size() { return is_binary_ ? static_cast<Tag>(number_of_bytes<std::int64_t>(take(8), is_swapped_)) : whole_number(); }
  double real()
  {
    double value = 0;
    if (is_binary_)
      return number_of_bytes<double>(take(8), is_swapped_);
    if (!take_number(rest_, value))
      throw error("a number is missing");
    return value;
  }

  /// A count of things that take at least so many bytes each.
  std::size_t count(Tag n, std::size_t least_bytes, const std::string &what) const
  {
    if (n < 0)
      throw error("the number of " + what + " is negative");
    check_promised_size(path_, {fmt::format("{} {}", n, what), static_cast<double>(n) * static_cast<double>(least_bytes), 64. * static_cast<double>(n)},
                        static_cast<double>(rest_.size() + 1));
    return static_cast<std::size_t>(n);
  }

  InputError error(const std::string &what) const
  {
    const int line = is_binary_ ? 0 : 1 + static_cast<int>(std::count(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(all_.size() - rest_.size()), '\n'));
    return InputError(path_ + " cannot be read: " + what, "check that the file is complete, or export it from gmsh again as MSH 4.1", {path_, line});
  }

private:
  Tag whole_number()
  {
    Tag value = 0;
    if (!take_number(rest_, value))
      throw error("a whole number is missing");
    return value;
  }
  std::string_view take(std::size_t n)
  {
    if (rest_.size() < n)
      throw error("its data end early");
    const std::string_view bytes = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return bytes;
  }

  std::string      path_;
  std::string_view all_, rest_;
  bool             is_binary_ = false, is_swapped_ = false;
};

struct MshElement
{
  const MshCellKind *kind = nullptr;
  Tag                group = 0;  ///< the physical group, 0 for none
  Tag                entity = 0; ///< of the geometry
  std::size_t        first = 0;  ///< of its nodes in MshContent::nodes
};

struct MshContent
{
  std::array<std::map<Tag, Tag>, 4>         group_of_entity;
  std::array<std::map<Tag, std::string>, 4> names; ///< of groups, by dimension
  std::vector<Tag>                          tags;  ///< of the points
  std::vector<Vector3>                      points;
  std::vector<MshElement>                   elements;
  std::vector<Tag>                          nodes; ///< of the elements, by tag
};

class MshReader
{
public:
  MshReader(const std::string &path, std::string_view content)
    : source_(path, content)
  {}

  MshContent read()
  {
    std::string name;
    if (!source_.next_section(name) || name != "$MeshFormat")
      throw source_.error("it does not begin with $MeshFormat");
    read_format();
    while (source_.next_section(name))
      {
        if (name == "$PhysicalNames")
          read_names();
        else if (name == "$Entities" && is_4_)
          read_entities();
        else if (name == "$Nodes")
          is_4_ ? read_nodes_4() : read_nodes_2();
        else if (name == "$Elements")
          is_4_ ? read_elements_4() : read_elements_2();
        else if (name == "$PartitionedEntities")
          throw source_.error("the mesh is partitioned, which is not read");
        else if (!name.starts_with("$End"))
          source_.skip_section(name);
      }
    return std::move(content_);
  }

private:
  void read_format()
  {
    std::string_view line    = source_.text_line();
    double           version = 0;
    Tag              binary = 0, size = 0;
    if (!take_number(line, version) || !take_number(line, binary) || !take_number(line, size))
      throw source_.error("$MeshFormat is not followed by version, type and size");
    is_4_ = version == 4.1;
    if (!is_4_ && (version < 2 || version >= 3))
      throw source_.error(fmt::format("it is of version {}, and 2.2 and 4.1 are read", version));
    if (binary == 0)
      return;
    source_.set_binary(true, false);
    const Tag one = source_.integer();
    if (one != 1 && one != 0x01000000)
      throw source_.error("its order of bytes is unknown");
    source_.set_binary(true, one != 1);
    if (size != 8)
      throw source_.error(fmt::format("its numbers have {} bytes, not 8", size));
  }

  void read_names()
  {
    std::string_view first = source_.text_line();
    Tag              n     = 0;
    if (!is_number(first, n))
      throw source_.error("the number of names is missing");
    check_promised_count("the mesh", "physical groups", source_.count(n, 5, "names"), most_names);
    for (Tag i = 0; i < n; ++i)
      {
        std::string_view line      = source_.text_line();
        Tag              dimension = 0, tag = 0;
        if (!take_number(line, dimension) || !take_number(line, tag) || dimension < 0 || dimension > 3)
          throw source_.error("a name has no dimension and number");
        const auto open = line.find('"'), close = line.rfind('"');
        if (open == close)
          throw source_.error("a name stands in no quotation marks");
        content_.names[static_cast<std::size_t>(dimension)][tag] = line.substr(open + 1, close - open - 1);
      }
  }

  void read_entities()
  {
    std::array<std::size_t, 4> n{};
    for (std::size_t d = 0; d < 4; ++d)
      n[d] = source_.count(source_.size(), 8, "entities");
    for (std::size_t d = 0; d < 4; ++d)
      for (std::size_t e = 0; e < n[d]; ++e)
        {
          const Tag tag = source_.integer();
          for (int i = 0; i < (d == 0 ? 3 : 6); ++i)
            source_.real(); // where it is
          const std::size_t n_groups = source_.count(source_.size(), 2, "groups");
          for (std::size_t g = 0; g < n_groups; ++g)
            take_group(d, tag, std::abs(source_.integer()));
          const std::size_t n_parts = d == 0 ? 0 : source_.count(source_.size(), 2, "parts");
          for (std::size_t i = 0; i < n_parts; ++i)
            source_.integer();
        }
  }
  /// Of several groups the first.
  void take_group(std::size_t dimension, Tag entity, Tag group)
  {
    const auto [found, is_new] = content_.group_of_entity[dimension].try_emplace(entity, group);
    found->second              = std::min(found->second, group);
  }

  void read_nodes_4()
  {
    const std::size_t n_blocks = source_.count(source_.size(), 7, "blocks of nodes");
    for (int i = 0; i < 3; ++i)
      source_.size(); // the number of all, the least and the largest tag
    for (std::size_t b = 0; b < n_blocks; ++b)
      {
        const Tag dimension = source_.integer();
        source_.integer(); // entity
        const bool        is_parametric = source_.integer() != 0;
        const std::size_t n             = source_.count(source_.size(), 8, "nodes");
        for (std::size_t i = 0; i < n; ++i)
          content_.tags.push_back(source_.size());
        for (std::size_t i = 0; i < n; ++i)
          {
            read_point();
            for (Tag d = 0; is_parametric && d < std::clamp<Tag>(dimension, 0, 3); ++d)
              source_.real();
          }
      }
  }

  void read_nodes_2()
  {
    const std::size_t n = source_.count(first_count(), 8, "nodes");
    for (std::size_t i = 0; i < n; ++i)
      {
        content_.tags.push_back(source_.integer());
        read_point();
      }
  }

  void read_point()
  {
    Vector3 &x = content_.points.emplace_back();
    for (double &component : x)
      component = source_.real();
  }

  /// In version 2 the counts are text in binary files, too.
  Tag first_count()
  {
    std::string_view line = source_.text_line();
    Tag              n    = 0;
    if (!is_number(line, n))
      throw source_.error("the number of nodes or elements is missing");
    return n;
  }

  const MshCellKind &kind_of(Tag type) const
  {
    const auto kind = std::find_if(msh_cell_kinds().begin(), msh_cell_kinds().end(), [&](const MshCellKind &k) { return k.gmsh_type == type; });
    if (kind == msh_cell_kinds().end())
      throw source_.error(fmt::format("it holds cells of gmsh type {}: export linear or quadratic tetrahedra, or linear hexahedra, prisms, pyramids", type));
    return *kind;
  }

  void add_element(const MshCellKind &kind, Tag entity, Tag group)
  {
    content_.elements.push_back({&kind, group, entity, content_.nodes.size()});
    for (std::size_t i = 0; i < kind.gmsh_position.size(); ++i)
      content_.nodes.push_back(is_4_ ? source_.size() : source_.integer());
  }

  void read_elements_4()
  {
    const std::size_t n_blocks = source_.count(source_.size(), 7, "blocks of elements");
    for (int i = 0; i < 3; ++i)
      source_.size();
    for (std::size_t b = 0; b < n_blocks; ++b)
      {
        source_.integer(); // dimension, which the type says again
        const Tag          entity = source_.integer();
        const MshCellKind &kind   = kind_of(source_.integer());
        const auto        &groups = content_.group_of_entity[static_cast<std::size_t>(kind.dimension)];
        const auto         group  = groups.find(entity);
        const std::size_t  n      = source_.count(source_.size(), 4, "elements");
        for (std::size_t i = 0; i < n; ++i)
          {
            source_.size(); // its tag
            add_element(kind, entity, group == groups.end() ? 0 : group->second);
          }
      }
  }

  void read_elements_2()
  {
    const std::size_t n = source_.count(first_count(), 8, "elements");
    for (std::size_t done = 0; done < n;)
      {
        if (!source_.is_binary())
          source_.integer(); // its tag
        const MshCellKind &kind   = kind_of(source_.integer());
        const std::size_t  follow = source_.is_binary() ? source_.count(source_.integer(), 8, "elements") : 1;
        const std::size_t  n_tags = source_.count(source_.integer(), 1, "tags");
        for (std::size_t e = 0; e < follow; ++e)
          {
            if (source_.is_binary())
              source_.integer();
            std::array<Tag, 2> tags{}; // the physical group and the entity come first
            for (std::size_t t = 0; t < n_tags; ++t)
              if (const Tag tag = source_.integer(); t < tags.size())
                tags[t] = tag;
            add_element(kind, tags[1], std::abs(tags[0]));
          }
        done += std::max<std::size_t>(1, follow);
      }
  }

  MshSource  source_;
  MshContent content_;
  bool       is_4_ = false;
};

class GridMaker
{
public:
  GridMaker(const std::string &path, const MshContent &content)
    : path_(path), content_(content)
  {
    std::vector<std::size_t> order(content.tags.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return content.tags[a] < content.tags[b]; });
    for (const std::size_t i : order)
      if (tags_.empty() || tags_.back() != content.tags[i])
        {
          tags_.push_back(content.tags[i]);
          grid_.points.push_back(content.points[i]);
        }
  }

  VtkGrid make()
  {
    for (int dimension = 3; dimension >= 2; --dimension)
      if (has_cells(dimension))
        {
          add_cells(dimension, "Region");
          add_cells(dimension - 1, "Boundary");
          for (auto &[name, array] : grid_.cell_data)
            array.values.resize(grid_.n_cells(), 0);
          return std::move(grid_);
        }
    throw InputError(path_ + " holds no tetrahedra and no triangles", "mesh it in gmsh before it is saved", {path_, 0});
  }

private:
  bool has_cells(int dimension) const
  {
    return std::any_of(content_.elements.begin(), content_.elements.end(), [&](const MshElement &e) { return e.kind->dimension == dimension; });
  }

  /// The cells of one dimension behind those that are there, with an array of their groups, or of their entities where there are no
  /// groups but several entities.
  void add_cells(int dimension, const std::string &what)
  {
    std::vector<double> groups(grid_.n_cells(), 0), entities = groups;
    std::set<Tag>       different_entities;
    bool                has_groups = false;
    for (const MshElement &element : content_.elements)
      if (element.kind->dimension == dimension)
        {
          for (const int i : element.kind->gmsh_position)
            grid_.nodes.push_back(position_of(content_.nodes[element.first + static_cast<std::size_t>(i)]));
          grid_.offsets.push_back(static_cast<std::int64_t>(grid_.nodes.size()));
          grid_.types.push_back(element.kind->vtk_type);
          groups.push_back(static_cast<double>(element.group));
          entities.push_back(static_cast<double>(element.entity));
          different_entities.insert(element.entity);
          has_groups = has_groups || element.group != 0;
        }
    if (!has_groups && different_entities.size() < 2)
      return;
    grid_.cell_data[what + "Id"] = {1, true, has_groups ? groups : entities};
    std::map<int, std::string> names;
    for (const auto &[tag, name] : content_.names[static_cast<std::size_t>(dimension)])
      if (!name.empty())
        names[static_cast<int>(tag)] = name;
    grid_.text[what + "Names"] = names_to_text(names);
  }

  std::int64_t position_of(Tag tag) const
  {
    const auto found = std::lower_bound(tags_.begin(), tags_.end(), tag);
    if (found == tags_.end() || *found != tag)
      throw InputError(path_ + " cannot be read: a cell refers to a node that does not exist", "check that the file is complete", {path_, 0});
    return found - tags_.begin();
  }

  std::string       path_;
  const MshContent &content_;
  std::vector<Tag>  tags_; ///< ascending
  VtkGrid           grid_;
};
} // namespace

VtkGrid read_msh_grid(const std::string &path)
{
  const std::string content = content_of_file(path);
  const MshContent  mesh    = MshReader(path, content).read();
  return GridMaker(path, mesh).make();
}

} // namespace vesalius
