import { JackerError } from '../error.ts';

/** The parts of an image's name, normalised: `redis` is `docker.io` + `library/redis`. */
export interface ImageReference {
  /** Host with optional port, for example `docker.io` or `registry.example.com:5000`. */
  registry: string;
  /** Repository path in the registry, for example `library/redis`. */
  path: string;
  tag?: string;
  /** `algorithm:hex`, for example `sha256:…`. */
  digest?: string;
}

const defaultRegistry = 'docker.io';
const registryPattern =
  /^([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*(:[0-9]{1,5})?$|^\[[0-9a-fA-F:]+\](:[0-9]{1,5})?$/;
const pathPattern = /^[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(\/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^[a-z0-9]+([+._-][a-z0-9]+)*:[0-9a-f]{32,}$/;

/**
 * Reads `[registry/]path[:tag][@digest]` by Docker's rules: the first component is a registry only
 * if it has a dot, a colon or an upper-case letter, or is `localhost`.
 * Grammar: https://pkg.go.dev/github.com/distribution/reference
 *
 * @throws JackerError `image` where the text is no reference.
 */
export function parseImageReference(text: string): ImageReference {
  const [name, digest, ...surplus] = text.split('@');
  if (name === undefined || surplus.length > 0) throw notAReference(text, 'it has more than one @');
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const explicit = isRegistry(first);
  const rest = explicit ? name.slice(slash + 1) : name;
  const colon = rest.lastIndexOf(':');
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const repository = colon < 0 ? rest : rest.slice(0, colon);
  const registry = !explicit || first === 'index.docker.io' ? defaultRegistry : first;
  const path =
    registry === defaultRegistry && !repository.includes('/')
      ? `library/${repository}`
      : repository;
  if (!registryPattern.test(registry)) throw notAReference(text, `"${registry}" is no registry`);
  if (!pathPattern.test(path)) {
    throw notAReference(
      text,
      'its path has other characters than lower-case letters, digits and separators',
    );
  }
  if (tag !== undefined && !tagPattern.test(tag)) throw notAReference(text, `"${tag}" is no tag`);
  if (digest !== undefined && !isDigest(digest)) {
    throw notAReference(text, `"${digest}" is no digest`);
  }
  return {
    registry,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/**
 * The reference as text. The short form leaves out `docker.io/` and `library/`, as Docker itself
 * prints names; both forms parse to the same reference.
 */
export function formatImageReference(reference: ImageReference, form: 'short' | 'full'): string {
  const { tag, digest } = reference;
  return [
    formatRepository(reference, form),
    tag === undefined ? '' : `:${tag}`,
    digest === undefined ? '' : `@${digest}`,
  ].join('');
}

/** True for `algorithm:hex`, the form of a manifest's digest. */
export function isDigest(text: string): boolean {
  return digestPattern.test(text) && (!text.startsWith('sha256:') || text.length === 71);
}

/** True where two references name the same repository, whatever their tags and digests. */
export function sameRepository(left: ImageReference, right: ImageReference): boolean {
  return left.registry === right.registry && left.path === right.path;
}

/**
 * The reference with its registry replaced by the mirror (a registry with an optional path):
 * `redis:8` becomes `MIRROR/library/redis:8`, `quay.io/a/b` becomes `MIRROR/a/b`. An empty mirror,
 * a reference that is at the mirror already, and an image of this host (`localhost/...`, which no
 * registry serves) stay as they are.
 *
 * @throws JackerError `image` for a bad reference, `settings-invalid` for a mirror without a host.
 */
export function withMirror(text: string, mirror: string): string {
  const reference = parseImageReference(text);
  if (mirror === '') return text;
  const slash = mirror.indexOf('/');
  const host = slash < 0 ? mirror : mirror.slice(0, slash);
  const prefix = slash < 0 ? '' : mirror.slice(slash + 1);
  if (!isRegistry(host) || !registryPattern.test(host)) {
    throw new JackerError('settings-invalid', {
      what: `The image mirror "${mirror}" does not begin with a registry's host`,
      where: { key: 'IMAGE_MIRROR' },
      why: 'Docker takes a first component without a dot or a port for a Docker Hub account',
      hint: 'Write the host in full, for example registry.example.com/mirror or registry:5000.',
    });
  }
  if (reference.registry === 'localhost') return text;
  const registry = host === 'index.docker.io' ? defaultRegistry : host;
  const atMirror =
    reference.registry === registry && (prefix === '' || reference.path.startsWith(`${prefix}/`));
  if (atMirror) return text;
  const path = prefix === '' ? reference.path : `${prefix}/${reference.path}`;
  return formatImageReference({ ...reference, registry, path }, 'short');
}

function formatRepository(reference: ImageReference, form: 'short' | 'full'): string {
  const { registry, path } = reference;
  if (form === 'full' || registry !== defaultRegistry) return `${registry}/${path}`;
  const official = /^library\/([^/]+)$/.exec(path);
  return official?.[1] ?? path;
}

function isRegistry(component: string): boolean {
  return component === 'localhost' || /[.:A-Z]/.test(component);
}

function notAReference(text: string, why: string): JackerError {
  return new JackerError('image', {
    what: `"${text}" is not an image reference`,
    why,
    hint: 'Write [registry/]path[:tag][@digest], for example redis:8.2 or quay.io/org/app:1.4.',
  });
}
