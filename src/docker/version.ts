/** The numbers of a version; what follows them (`-rc.1`, `+dfsg1`, `~ds1`) is kept as text. */
export interface Version {
  major: number;
  minor: number;
  patch: number;
  /** Set for a pre-release: the text after the first hyphen, for example `rc.1`. */
  prerelease?: string;
}

const pattern = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:[+~].*)?$/;

/**
 * The version that a text such as `v2.26.1`, `26.1.5+dfsg1`, `5.6.0-rc.1` or `1.45` names; null
 * where it names none. A purely numeric suffix (`2.26.1-4`) is a packaging revision of
 * distributions, not a pre-release.
 */
export function parseVersion(text: string): Version | null {
  const match = pattern.exec(text.trim());
  if (!match) return null;
  const [, major, minor, patch, suffix] = match;
  const version: Version = {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch ?? 0),
  };
  return suffix !== undefined && /^(alpha|beta|rc|dev|pre)/i.test(suffix)
    ? { ...version, prerelease: suffix }
    : version;
}

/** Negative where `left` is older than `right`, positive where it is newer, 0 where equal. */
export function compareVersions(left: Version, right: Version): number {
  return (
    left.major - right.major ||
    left.minor - right.minor ||
    left.patch - right.patch ||
    comparePrereleases(left.prerelease, right.prerelease)
  );
}

/** True where the version text is readable and not older than `minimum`. */
export function isAtLeast(text: string, minimum: string): boolean {
  const version = parseVersion(text);
  const bound = parseVersion(minimum);
  return version !== null && bound !== null && compareVersions(version, bound) >= 0;
}

/** Semantic versioning 2.0.0, section 11: a pre-release precedes its release; parts compare one by one. */
function comparePrereleases(left: string | undefined, right: string | undefined): number {
  if (left === right) return 0;
  if (left === undefined) return 1;
  if (right === undefined) return -1;
  const leftParts = left.split('.');
  const rightParts = right.split('.');
  for (const [index, part] of leftParts.entries()) {
    const other = rightParts[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(part, other);
    if (order !== 0) return order;
  }
  return leftParts.length - rightParts.length;
}

function compareIdentifiers(left: string, right: string): number {
  const numeric = [left, right].map((part) => /^\d+$/.test(part));
  if (numeric[0] && numeric[1]) return Number(left) - Number(right);
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}
