/** The part of npm's lock files that says which packages are where. */
export interface Lock {
  readonly packages: Record<string, LockedPackage>;
}

interface LockedPackage {
  readonly version?: string;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
}

/**
 * Whether `node_modules` holds what the lock file asks for, by what npm wrote
 * into it. Times of files say nothing: a checkout touches them all.
 */
export function isInstalled(lock: Lock, installed: Lock): boolean {
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (!path.includes("node_modules/")) return true;
    const found = installed.packages[path];
    // Packages for other systems are in the lock file only.
    if (found === undefined) {
      return wanted.optional === true || wanted.devOptional === true;
    }
    return found.version === wanted.version && found.link === wanted.link;
  });
}
