// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/// Fetches what package-lock.json of the folder `source` pins into `folder`, by the client `npm`, unless it has been: then `wanted` is there. Throws where npm cannot.
export function fetchPackages(source, folder, npm, wanted) {
  const lock = "package-lock.json", pinned = join(source, lock), kept = join(folder, lock);
  mkdirSync(folder, { recursive: true });
  if (existsSync(join(folder, "node_modules", wanted)) && existsSync(kept) && readFileSync(kept, "utf8") === readFileSync(pinned, "utf8")) return;
  rmSync(kept, { force: true });
  copyFileSync(join(source, "package.json"), join(folder, "package.json"));
  copyFileSync(pinned, kept);
  try {
    execFileSync(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000"], { cwd: folder, stdio: "pipe", timeout: 300000 });
  } catch (error) {
    rmSync(kept, { force: true });
    throw new Error(`npm could not fetch the packages of package-lock.json:\n${error.stderr?.toString().trim() || error.message}`);
  }
}
