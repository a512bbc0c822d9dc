import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareVersions,
  isAtLeast,
  parseVersion,
  type Version,
} from '../../src/docker/version.ts';

const parsed = (text: string): Version => {
  const version = parseVersion(text);
  if (version === null) throw new Error(`${text} should be a version`);
  return version;
};

describe('versions', () => {
  it.each([
    ['v2.26.1', { major: 2, minor: 26, patch: 1 }],
    ['2.26.1-4', { major: 2, minor: 26, patch: 1 }],
    ['26.1.5+dfsg1', { major: 26, minor: 1, patch: 5 }],
    ['1.45', { major: 1, minor: 45, patch: 0 }],
    ['2.40.0~ds1', { major: 2, minor: 40, patch: 0 }],
    ['5.0.0-rc.1', { major: 5, minor: 0, patch: 0, prerelease: 'rc.1' }],
  ])('reads %s as distributions write it', (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });

  it.each(['', 'dev', 'two.three', '2', '2.x.1'])('does not take "%s" for a version', (text) => {
    expect(parseVersion(text)).toBeNull();
    expect(isAtLeast(text, '0.0.1')).toBe(false);
  });

  it('orders numbers as numbers and a pre-release before its release', () => {
    const ordered = ['2.9.9', '2.24.0-beta.2', '2.24.0-rc.1', '2.24.0-rc.10', '2.24.0', '2.100.0'];
    const sorted = ordered.toReversed().sort((a, b) => compareVersions(parsed(a), parsed(b)));
    expect(sorted).toEqual(ordered);
  });

  it('does not let a release candidate of the minimum pass', () => {
    expect(isAtLeast('2.24.0-rc.1', '2.24.0')).toBe(false);
    expect(isAtLeast('2.24.0-1', '2.24.0')).toBe(true);
  });

  it('orders any two versions consistently', () => {
    const version = fc
      .tuple(fc.nat(40), fc.nat(40), fc.nat(40), fc.constantFrom('', '-rc.1', '-rc.2', '-alpha'))
      .map(([major, minor, patch, suffix]) => parsed(`${major}.${minor}.${patch}${suffix}`));
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        expect(compareVersions(a, a)).toBe(0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});
