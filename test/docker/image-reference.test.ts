import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import {
  formatImageReference,
  parseImageReference,
  withMirror,
  type ImageReference,
} from '../../src/docker/image-reference.ts';

const digest = `sha256:${'a1'.repeat(32)}`;

describe('an image reference', () => {
  it.each<[string, ImageReference]>([
    ['redis', { registry: 'docker.io', path: 'library/redis' }],
    ['redis:8.2-alpine', { registry: 'docker.io', path: 'library/redis', tag: '8.2-alpine' }],
    ['index.docker.io/grafana/loki', { registry: 'docker.io', path: 'grafana/loki' }],
    ['quay.io/org/app:1', { registry: 'quay.io', path: 'org/app', tag: '1' }],
    ['localhost/app', { registry: 'localhost', path: 'app' }],
    ['127.0.0.1:5000/a/b/c:x', { registry: '127.0.0.1:5000', path: 'a/b/c', tag: 'x' }],
    ['mirror:5000/redis', { registry: 'mirror:5000', path: 'redis' }],
    ['[::1]:5000/redis:7', { registry: '[::1]:5000', path: 'redis', tag: '7' }],
    [`redis:8@${digest}`, { registry: 'docker.io', path: 'library/redis', tag: '8', digest }],
    [`ghcr.io/a/b@${digest}`, { registry: 'ghcr.io', path: 'a/b', digest }],
  ])('is read by the rules of Docker: %s', (text, parts) => {
    expect(parseImageReference(text)).toEqual(parts);
  });

  it.each([
    '',
    ':tag',
    'Redis:8',
    'redis:',
    'redis:-x',
    'redis@sha256:abc',
    `redis@${digest}@${digest}`,
    'a//b',
    '/redis',
    'redis latest',
    'quay.io/',
    '-x/y',
    'redis:8\nprivileged: true',
    'https://quay.io/a/b',
  ])('that is malformed is refused: %j', (text) => {
    expect(() => parseImageReference(text)).toThrow(JackerError);
  });

  const label = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const reference = fc.record(
    {
      registry: fc.constantFrom('docker.io', 'quay.io', 'localhost', 'registry.test:5000'),
      path: fc.array(label, { minLength: 2, maxLength: 3 }).map((parts) => parts.join('/')),
      tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,10}$/),
      digest: fc.constant(digest),
    },
    { requiredKeys: ['registry', 'path'] },
  );

  it('survives being written and read, in both forms', () => {
    fc.assert(
      fc.property(reference, fc.constantFrom('short' as const, 'full' as const), (parts, form) => {
        expect(parseImageReference(formatImageReference(parts, form))).toEqual(parts);
      }),
    );
  });

  it('has a short form as Docker prints it', () => {
    const parts = parseImageReference(`docker.io/library/redis:8@${digest}`);
    expect(formatImageReference(parts, 'short')).toBe(`redis:8@${digest}`);
    expect(formatImageReference(parts, 'full')).toBe(`docker.io/library/redis:8@${digest}`);
  });
});

describe('an image mirror', () => {
  it.each([
    ['redis:8', 'registry.test/mirror', 'registry.test/mirror/library/redis:8'],
    ['docker.io/a/b', 'registry.test:5000', 'registry.test:5000/a/b'],
    ['quay.io/a/b:1', 'registry.test', 'registry.test/a/b:1'],
    [`ghcr.io/a/b:1@${digest}`, 'registry.test', `registry.test/a/b:1@${digest}`],
    ['registry.test/mirror/a/b', 'registry.test/mirror', 'registry.test/mirror/a/b'],
    ['registry.test/other/b', 'registry.test/mirror', 'registry.test/mirror/other/b'],
    ['localhost/built-here:1', 'registry.test', 'localhost/built-here:1'],
    ['localhost:5000/a/b', 'registry.test', 'registry.test/a/b'],
    ['redis:8', '', 'redis:8'],
    ['redis:8', 'docker.io', 'redis:8'],
  ])('turns %s at "%s" into %s', (reference, mirror, expected) => {
    expect(withMirror(reference, mirror)).toBe(expected);
  });

  it('is applied once, however often it is asked for', () => {
    const references = ['redis:8', 'quay.io/a/b', 'registry.test/mirror/x/y', 'localhost/a'];
    for (const reference of references) {
      const once = withMirror(reference, 'registry.test/mirror');
      expect(withMirror(once, 'registry.test/mirror')).toBe(once);
    }
  });

  it('without a host is refused, because Docker would read it as a Docker Hub account', () => {
    expect(() => withMirror('redis', 'mirror/path')).toThrow(/does not begin with a registry/);
  });
});
