// SPDX-License-Identifier: GPL-3.0-or-later
#include "mesh_io/glb_files.h"

#include "mesh_io/vector_math.h"
#include "solver/core/errors.h"
#include "solver/core/temporary_file.h"

#include <tiny_gltf.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

namespace vesalius
{

namespace
{
namespace fs = std::filesystem;

/// The triangles of one boundary with points of their own, so that normals break at the rim of a cap.
struct Part
{
  std::vector<float>         positions, normals; ///< three a point
  std::vector<std::uint32_t> indices;
};

Part part_of(const Surface &surface, int id)
{
  Part                 part;
  std::map<int, int>   number;
  std::vector<Vector3> normals;
  for (std::size_t t = 0; t < surface.triangles.size(); ++t)
    {
      if (surface.boundary_id[t] != id)
        continue;
      const auto   &v     = surface.triangles[t];
      const Vector3 twice = cross(surface.points[v[1]] - surface.points[v[0]], surface.points[v[2]] - surface.points[v[0]]);
      for (const int i : v)
        {
          const auto [found, is_new] = number.try_emplace(i, static_cast<int>(number.size()));
          if (is_new)
            {
              for (const double x : surface.points[i])
                part.positions.push_back(static_cast<float>(x));
              normals.push_back({0, 0, 0});
            }
          normals[found->second] = normals[found->second] + twice;
          part.indices.push_back(static_cast<std::uint32_t>(found->second));
        }
    }
  for (const Vector3 &n : normals)
    for (const double x : n)
      part.normals.push_back(static_cast<float>(norm(n) > 0 ? x / norm(n) : 0));
  return part;
}

/// Appends values to the file's only buffer as a view of its own; returns the view's number.
template <class T>
int append(tinygltf::Model &model, const std::vector<T> &values, int target)
{
  auto                &data = model.buffers[0].data;
  tinygltf::BufferView view;
  view.buffer     = 0;
  view.byteOffset = data.size();
  view.byteLength = values.size() * sizeof(T);
  view.target     = target;
  data.resize(data.size() + view.byteLength);
  std::memcpy(data.data() + view.byteOffset, values.data(), view.byteLength);
  model.bufferViews.push_back(view);
  return static_cast<int>(model.bufferViews.size()) - 1;
}

int add_vectors(tinygltf::Model &model, const std::vector<float> &values, bool with_extent)
{
  tinygltf::Accessor accessor;
  accessor.bufferView    = append(model, values, TINYGLTF_TARGET_ARRAY_BUFFER);
  accessor.componentType = TINYGLTF_COMPONENT_TYPE_FLOAT;
  accessor.type          = TINYGLTF_TYPE_VEC3;
  accessor.count         = values.size() / 3;
  for (std::size_t d = 0; with_extent && d < 3; ++d)
    {
      float low = std::numeric_limits<float>::infinity(), high = -low;
      for (std::size_t i = d; i < values.size(); i += 3)
        {
          low  = std::min(low, values[i]);
          high = std::max(high, values[i]);
        }
      accessor.minValues.push_back(low);
      accessor.maxValues.push_back(high);
    }
  model.accessors.push_back(accessor);
  return static_cast<int>(model.accessors.size()) - 1;
}

int add_indices(tinygltf::Model &model, const std::vector<std::uint32_t> &indices)
{
  tinygltf::Accessor accessor;
  accessor.bufferView    = append(model, indices, TINYGLTF_TARGET_ELEMENT_ARRAY_BUFFER);
  accessor.componentType = TINYGLTF_COMPONENT_TYPE_UNSIGNED_INT;
  accessor.type          = TINYGLTF_TYPE_SCALAR;
  accessor.count         = indices.size();
  model.accessors.push_back(accessor);
  return static_cast<int>(model.accessors.size()) - 1;
}

/// The wall in the red of tissue, the others around the colour circle by the golden ratio, so that neighbours differ.
int add_material(tinygltf::Model &model, const std::string &name, int number)
{
  std::array<double, 3> colour{0.72, 0.25, 0.22};
  if (number > 0)
    for (int c = 0; c < 3; ++c)
      colour[c] = 0.55 + 0.35 * std::cos(6.283185307179586 * (0.618033988749895 * number - c / 3.0));
  tinygltf::Material material;
  material.name                                 = name;
  material.pbrMetallicRoughness.baseColorFactor = {colour[0], colour[1], colour[2], 1};
  material.pbrMetallicRoughness.metallicFactor  = 0;
  material.pbrMetallicRoughness.roughnessFactor = 0.6;
  material.doubleSided                          = true;
  model.materials.push_back(material);
  return static_cast<int>(model.materials.size()) - 1;
}

int add_node(tinygltf::Model &model, const Surface &surface, int id, const std::string &name)
{
  const Part          part = part_of(surface, id);
  tinygltf::Primitive primitive;
  primitive.mode                   = TINYGLTF_MODE_TRIANGLES;
  primitive.attributes["POSITION"] = add_vectors(model, part.positions, true);
  primitive.attributes["NORMAL"]   = add_vectors(model, part.normals, false);
  primitive.indices                = add_indices(model, part.indices);
  primitive.material               = add_material(model, name, static_cast<int>(model.materials.size()));
  tinygltf::Mesh mesh;
  mesh.name = name;
  mesh.primitives.push_back(primitive);
  model.meshes.push_back(mesh);
  tinygltf::Node node;
  node.name = name;
  node.mesh = static_cast<int>(model.meshes.size()) - 1;
  model.nodes.push_back(node);
  return static_cast<int>(model.nodes.size()) - 1;
}
} // namespace

void write_glb(const Surface &surface, const std::string &path)
{
  if (surface.triangles.empty())
    throw InputError("a surface without triangles cannot be written to " + path, "check what it was made from");
  tinygltf::Model model;
  model.asset.version   = "2.0";
  model.asset.generator = "Vesalius";
  model.buffers.resize(1);
  tinygltf::Node root;
  root.name     = "anatomy";
  root.rotation = {-std::sqrt(0.5), 0, 0, std::sqrt(0.5)}; // (L, P, S) -> (L, S, -P)
  root.extras   = tinygltf::Value(tinygltf::Value::Object{{"Frame", tinygltf::Value(std::string("LPS"))},
                                                        {"LengthUnit", tinygltf::Value(std::string("m"))}});
  for (const auto &[id, name] : surface.boundary_names)
    if (std::find(surface.boundary_id.begin(), surface.boundary_id.end(), id) != surface.boundary_id.end())
      root.children.push_back(add_node(model, surface, id, name));
  model.nodes.push_back(root);
  tinygltf::Scene scene;
  scene.nodes = {static_cast<int>(model.nodes.size()) - 1};
  model.scenes.push_back(scene);
  model.defaultScene = 0;

  TemporaryFile      file(path);
  tinygltf::TinyGLTF writer;
  if (!writer.WriteGltfSceneToFile(&model, file.name(), true, true, false, true))
    throw ResourceError("cannot write " + path, "check that the folder exists, may be written to, and the disk is not full");
  file.keep();
}

} // namespace vesalius
