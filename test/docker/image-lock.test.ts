import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import { formatImageLock, parseImageLock } from '../../src/docker/image-lock.ts';

const digest = (character: string) => `sha256:${character.repeat(64)}`;

function problemsOf(text: string): JackerError {
  try {
    parseImageLock(text, '/p/images.lock');
  } catch (error) {
    if (error instanceof JackerError) return error;
    throw error;
  }
  throw new Error('the lock was accepted');
}

describe('images.lock', () => {
  it('is sorted, one image a line', () => {
    const lock = { 'redis:8': digest('b'), 'quay.io/a/b:1': digest('a') };
    expect(formatImageLock(lock)).toBe(`quay.io/a/b:1: ${digest('a')}\nredis:8: ${digest('b')}\n`);
  });

  it('gives back what was written', () => {
    const reference = fc.stringMatching(/^[a-z][a-z0-9]{0,6}(\/[a-z0-9]{1,5})?:[a-z0-9.]{1,6}$/);
    const lock = fc.dictionary(
      reference.filter((text) => !text.includes(':.')),
      fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`),
    );
    fc.assert(
      fc.property(lock, (entries) => {
        expect(parseImageLock(formatImageLock(entries), 'f')).toEqual(entries);
      }),
    );
  });

  it('may be empty', () => {
    expect(parseImageLock('', 'f')).toEqual({});
  });

  it('reports every wrong line with its place', () => {
    const error = problemsOf(
      [`redis:8: ${digest('a')}`, 'nginx:1: sha256:short', `Bad Name: ${digest('b')}`].join('\n'),
    );
    expect(error.code).toBe('project-invalid');
    expect(error.problems.map(({ what, where }) => [what, where])).toEqual([
      [
        expect.stringContaining('The digest of nginx:1'),
        { file: '/p/images.lock', line: 2, column: 1 },
      ],
      [
        expect.stringContaining('"Bad Name" is not an image reference'),
        { file: '/p/images.lock', line: 3, column: 1 },
      ],
    ]);
  });

  it.each([
    ['a conflict marker', '<<<<<<< HEAD\nredis:8: x\n'],
    ['a list', '- redis:8\n'],
    ['a duplicate', `redis:8: ${digest('a')}\nredis:8: ${digest('b')}\n`],
    ['broken quoting', '"redis:8: x\n'],
  ])('refuses %s', (_, text) => {
    expect(problemsOf(text).code).toBe('project-invalid');
  });
});
