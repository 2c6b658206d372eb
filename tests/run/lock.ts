/** The part of npm's lock files that names the packages. */
export interface Lock {
  readonly packages: Record<string, LockedPackage>;
}

interface LockedPackage {
  readonly version?: string;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
}

/** Tells whether `node_modules` has the packages of a lock file, by the lock file that npm wrote into it. */
export function isInstalled(lock: Lock, installed: Lock): boolean {
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (!path.includes("node_modules/")) return true;
    const found = installed.packages[path];
    // Only the project's lock file has the packages for other systems.
    if (found === undefined) {
      return wanted.optional === true || wanted.devOptional === true;
    }
    return found.version === wanted.version && found.link === wanted.link;
  });
}
