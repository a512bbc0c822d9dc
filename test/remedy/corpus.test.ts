import { describe, expect, it } from 'vitest';
import { unifiedDiff } from '../../src/remedy/line-diff.ts';
import { corpusFile, corpusNames, hardenFiles, textOf } from './corpus.ts';

const override = '/nowhere/compose.hardened.override.yml';

describe('hardening application stacks of the kinds people run', () => {
  it('has at least thirty', () => {
    expect(corpusNames.length).toBeGreaterThanOrEqual(30);
  });

  it.each(corpusNames)('%s: the score is never lower, and something is better', async (name) => {
    const { path } = corpusFile(name);
    const { before, after, changes } = await hardenFiles([path]);
    expect(after.score.score).toBeGreaterThanOrEqual(before.score.score);
    expect(after.score.raw).toBeGreaterThan(before.score.raw);
    expect(changes.length).toBeGreaterThan(0);
    expect(after.gaps.map(({ what }) => what)).toEqual(before.gaps.map(({ what }) => what));
  });

  it.each(corpusNames)('%s: a second run on the result changes nothing', async (name) => {
    const { path } = corpusFile(name);
    const once = textOf(await hardenFiles([path]), path);
    const again = await hardenFiles([path], { texts: new Map([[path, once]]) });
    expect(textOf(again, path)).toBe(once);
    expect(again.changes).toEqual([]);
  });

  it.each(corpusNames)('%s: lines are added, or changed where they stand', async (name) => {
    const { path, text } = corpusFile(name);
    const hardened = textOf(await hardenFiles([path]), path);
    const old = text.split('\n');
    // Each line of the original is still there, in its order: as it was, with more behind it, as a
    // comment, or with another value behind the same key or dash.
    let at = 0;
    for (const line of hardened.split('\n')) {
      if (at < old.length && carries(line.trimEnd(), (old[at] ?? '').trimEnd())) at++;
    }
    expect(old[at] ?? 'all of it').toBe('all of it');
    const ends = (one: string): boolean => one.includes('\r\n');
    expect(ends(hardened)).toBe(ends(text));
    if (ends(text)) expect(hardened.replaceAll('\r\n', '')).not.toContain('\n');
    for (const [comment] of text.matchAll(/(?<=\s)# .*[^\s]/g)) expect(hardened).toContain(comment);
    for (const [anchor] of text.matchAll(/[&*][A-Za-z][\w-]+(?=\s)/g))
      expect(hardened).toContain(anchor);
  });

  it.each(corpusNames)('%s: each added line says why, and that nobody tried it', async (name) => {
    const { path, text } = corpusFile(name);
    const hardened = textOf(await hardenFiles([path]), path);
    const added = unifiedDiff(text, hardened, ['a', 'b'])
      .split('\n')
      .filter((line) => line.startsWith('+') && !line.startsWith('+++'));
    if (text.trimStart().startsWith('{')) return;
    for (const line of added) expect(line).toMatch(/# (- |.*: )?.*\[not proven\]|^\+\s*# /);
    expect(hardened).not.toContain('[proven]');
  });

  it.each(corpusNames)('%s: what cannot be edited is what others share', async (name) => {
    const { notChanged } = await hardenFiles([corpusFile(name).path]);
    const refused = notChanged.filter(({ why }) => why.includes('only an override'));
    for (const { why } of refused) expect(why).toMatch(/share|another file|merge key/);
    const sharing = ['django-celery', 'rails', 'minio', 'n8n', 'immich', 'multi-document'];
    if (!sharing.includes(name)) expect(refused).toEqual([]);
  });

  it.each(corpusNames)('%s: an override does at least the same', async (name) => {
    const { path, text } = corpusFile(name);
    const inFile = await hardenFiles([path]);
    const apart = await hardenFiles([path], { override });
    expect(textOf(apart, path)).toBe(text);
    expect(apart.after.score.score).toBeGreaterThanOrEqual(inFile.after.score.score);
    expect(apart.after.gaps.length).toBe(apart.before.gaps.length);
    const refused = apart.notChanged.filter(({ why }) => why.includes('only an override'));
    expect(refused).toEqual([]);
    const again = await hardenFiles([path, override], {
      texts: new Map([[override, textOf(apart, override)]]),
    });
    expect(again.changes).toEqual([]);
  });
});

/** True where a line still holds what another one said. */
function carries(line: string, old: string): boolean {
  if (line.startsWith(old)) return true;
  const bare = old.trimStart();
  if (line.trimStart().startsWith(`# ${bare}`)) return true;
  const [before = '', comment = ''] = old.split(/\s(?=#)/, 2);
  const key = /^\s*(- |[^\s#:]+:)/.exec(before)?.[0];
  return (
    key !== undefined &&
    line.startsWith(key) &&
    line.includes(comment) &&
    (line.includes('[not proven]') || /^\s*"/.test(line))
  );
}
