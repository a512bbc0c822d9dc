import type { StaticModel } from '../control.ts';
import { redisService } from '../position/redis-admin.ts';
import { isOpenText, isTrue, optionOf, programWords } from './program-words.ts';
import type { ServiceView } from './stack-view.ts';

/** How a server that speaks Redis' protocol knows its clients. */
export interface RedisAccess {
  /** `users`: an ACL; `password`: one for all; `unknown`: a file that is not read here decides. */
  kind: 'users' | 'password' | 'none' | 'unknown';
  seen: string;
  /** The key of the service that says so. */
  key: 'command' | 'environment' | 'image';
}

/** Images that read no configuration file unless the command names one, as their makers build them. */
const plainImages =
  /^(library\/)?redis$|^(library\/)?valkey$|^valkey\/valkey(-bundle)?$|^redis\/redis-stack(-server)?$|^dragonflydb\/dragonfly$/;
/** Variables that hold further options. https://hub.docker.com/r/redis/redis-stack-server */
const optionVariables = ['REDIS_ARGS', 'REDIS_EXTRA_FLAGS', 'VALKEY_EXTRA_FLAGS'];
/** https://github.com/bitnami/containers/tree/main/bitnami/redis#configuration */
const bitnamiPasswords = ['REDIS_PASSWORD', 'VALKEY_PASSWORD', 'KEYDB_PASSWORD'];

/** True for a server that speaks Redis' protocol and can ask for a password. */
export function isRedis({ program }: ServiceView): boolean {
  return program === 'redis' || program === 'valkey' || program === 'keydb';
}

/** What the file, or a project's own rendered configuration, says of a server's clients. */
export function redisAccess(model: StaticModel, view: ServiceView): RedisAccess {
  if (view.known && view.name === redisService) {
    const conf = model.project?.files.get(`secrets/${redisService}.redis.conf`) ?? '';
    if (/^aclfile \S/m.test(conf)) return { kind: 'users', seen: 'an ACL file', key: 'command' };
  }
  const words = programWords(view);
  for (const name of optionVariables) {
    words.push(...(view.environment.get(name) ?? '').split(/\s+/).filter(Boolean));
  }
  if (optionOf(words, '--aclfile', '--user', 'aclfile') !== undefined) {
    return { kind: 'users', seen: 'ACL users', key: 'command' };
  }
  const password =
    optionOf(words, '--requirepass', 'requirepass') ??
    view.environment.get('DFLY_requirepass') ??
    view.environment.get('DFLY_PASSWORD');
  if (password !== undefined) return judge(view, 'command', password);
  if (/(^|\/)bitnami/.test(view.image.path)) return bitnamiAccess(view);
  if (words.some((word) => /\.(conf|acl)$|\$\(|^-$/.test(word))) {
    return { kind: 'unknown', seen: 'a configuration file decides', key: 'command' };
  }
  const itsOwn = view.service.entrypoint === undefined && view.service['build'] === undefined;
  const started = words.some((word) =>
    /^(.*\/)?(redis|valkey|keydb)-server$|^dragonfly$/.test(word),
  );
  if ((itsOwn && plainImages.test(view.image.path)) || (started && !words.includes('sh'))) {
    return {
      kind: 'none',
      seen: 'no password, no ACL',
      key: words.length > 0 ? 'command' : 'image',
    };
  }
  return { kind: 'unknown', seen: 'the image decides', key: 'image' };
}

function bitnamiAccess(view: ServiceView): RedisAccess {
  for (const name of bitnamiPasswords) {
    if (view.environment.get(`${name}_FILE`)) {
      return { kind: 'password', seen: `${name}_FILE`, key: 'environment' };
    }
    const value = view.environment.get(name);
    if (value) return judge(view, 'environment', value);
  }
  return isTrue(view.environment.get('ALLOW_EMPTY_PASSWORD'))
    ? { kind: 'none', seen: 'ALLOW_EMPTY_PASSWORD', key: 'environment' }
    : { kind: 'unknown', seen: 'a variable or file that is not here', key: 'image' };
}

function judge(view: ServiceView, key: 'command' | 'environment', value: string): RedisAccess {
  if (value === '') return { kind: 'none', seen: 'an empty password', key };
  if (isOpenText(view, key, value)) {
    return { kind: 'unknown', seen: 'a password from a variable without a value', key };
  }
  return { kind: 'password', seen: 'a password', key };
}
