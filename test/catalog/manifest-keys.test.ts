import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import { manifestKeys } from '../../src/catalog/manifest-keys.ts';
import { parseService } from '../../src/catalog/parse-service.ts';
import { serviceText } from './manifests.ts';

const hintFor = (needs: object): string | undefined => {
  try {
    parseService('services/app.yml', serviceText('app', needs));
  } catch (error) {
    if (error instanceof JackerError) return error.problems[0]?.hint;
    throw error;
  }
  throw new Error('the manifest is valid');
};

describe('the keys of a manifest', () => {
  it('are known at every depth, in lists and where there are alternatives', () => {
    expect(manifestKeys([])).toEqual(expect.arrayContaining(['identity', 'routes']));
    expect(manifestKeys(['resources'])).toContain('memory');
    expect(manifestKeys(['routes', 3, 'tile'])).toEqual(['description', 'title']);
    expect(manifestKeys(['writes', 0])).toEqual(expect.arrayContaining(['tmpfs', 'volume']));
    expect(manifestKeys(['title'])).toEqual([]);
  });

  it.each([
    [{ postgress: { database: 'a', role: 'a' } }, /^Did you mean postgres\? Known here: .*routes/],
    [{ resources: { memroy: '64m' } }, /^Did you mean memory\?/],
    [{ routes: [{ name: 'web', host: 'a', ports: 8080 }] }, /^Did you mean port\?/],
    [{ utterlyDifferent: 1 }, /^Known here: /],
  ])('are suggested for %j', (needs, hint) => {
    expect(hintFor(needs)).toMatch(hint);
  });
});
