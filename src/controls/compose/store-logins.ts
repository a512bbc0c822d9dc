import type { StaticModel } from '../control.ts';
import { serviceNames } from './service-names.ts';
import { viewOf, type ServiceView } from './stack-view.ts';

/** How a service signs in to a data store, as far as its environment tells. */
export interface StoreLogin {
  client: ServiceView;
  /** The store; undefined where the host is no service of the document. */
  store: ServiceView | undefined;
  host: string;
  /** The variable that names the user, or the host where none does. */
  key: string;
  /** Undefined where the environment does not say. */
  user: string | undefined;
  database: string | undefined;
  /** True where the connection is told to do without TLS. */
  plain: boolean;
}

/** The logins of a document by client and by store. */
export interface StoreLogins {
  byClient: ReadonlyMap<string, readonly StoreLogin[]>;
  byStore: ReadonlyMap<string, readonly StoreLogin[]>;
}

type Found = Omit<StoreLogin, 'client' | 'store' | 'key'> & { key?: string };

const cache = new WeakMap<StaticModel, StoreLogins>();
const hostEndings = ['hostname', 'host', 'server', 'address', 'addr', 'url'];
const userEndings = ['username', 'user', 'login'];
const databaseEndings = ['database', 'dbname', 'name', 'db'];
/** `scheme://user:password@host:port/database?options`; what precedes the scheme is cut off before. */
const urlForm =
  /^([a-z][a-z0-9+.]*):\/\/(?:([^:@/\s]*)(?::[^@/\s]*)?@)?([^:/?#,@\s]+)(?::[^/?#\s]*)?(?:\/([^?#\s]*))?/i;
/** Go's form for MySQL: `user:password@tcp(host:port)/database`. */
const tcpForm = /^([^:@/\s]+)(?::[^@\s]*)?@tcp\(([^:)\s]+)[^)]*\)(?:\/([^?\s]*))?/;

/** Finds every login that the services' variables describe; worked out once for a model. */
export function storeLogins(model: StaticModel): StoreLogins {
  const known = cache.get(model);
  if (known) return known;
  const names = serviceNames(model);
  const byClient = new Map<string, StoreLogin[]>();
  const byStore = new Map<string, StoreLogin[]>();
  for (const client of viewOf(model).services) {
    for (const login of loginsOf(client, names)) {
      if (login.store === client) continue;
      push(byClient, client.name, login);
      if (login.store) push(byStore, login.store.name, login);
    }
  }
  const logins = { byClient, byStore };
  cache.set(model, logins);
  return logins;
}

function loginsOf(client: ServiceView, names: ReadonlyMap<string, ServiceView>): StoreLogin[] {
  let short: Map<string, string> | undefined;
  const logins: StoreLogin[] = [];
  for (const [key, value] of client.environment) {
    if (value === '') continue;
    const found = fromUrl(value) ?? fromWords(value);
    const prefix = prefixOf(key);
    const host = found?.host ?? (prefix === null ? undefined : bareHost(value));
    if (host === undefined) continue;
    const store = names.get(host);
    // A lone host name means something only where it is one of the document's services.
    if (!store && found?.user === undefined) continue;
    let { user, database } = found ?? {};
    let at = key;
    if (prefix !== null && (user === undefined || database === undefined)) {
      short ??= new Map([...client.environment.keys()].map((name) => [plain(name), name]));
      const userKey = named(short, prefix, userEndings);
      if (user === undefined && userKey !== undefined) {
        user = client.environment.get(userKey) || undefined;
        at = userKey;
      }
      const databaseKey = named(short, prefix, databaseEndings);
      if (databaseKey !== undefined) database ??= client.environment.get(databaseKey) || undefined;
    }
    const plainText = (found?.plain ?? false) || client.environment.get('PGSSLMODE') === 'disable';
    logins.push({ client, store, host, key: at, user, database, plain: plainText });
  }
  return logins;
}

function fromUrl(value: string): Found | undefined {
  if (!value.includes('://') && !value.includes('@tcp(')) return undefined;
  const text = value.startsWith('jdbc:') ? value.slice('jdbc:'.length) : value;
  const [, scheme, user, host, database] = urlForm.exec(text) ?? [];
  if (scheme !== undefined && host !== undefined) {
    if (/^https?$/i.test(scheme)) return undefined;
    const inQuery = /[?&]user=([^&\s]+)/.exec(text)?.[1];
    return {
      host,
      user: nonEmpty(user) ?? inQuery,
      database: nonEmpty(database),
      plain: /[?&]sslmode=disable(&|$)/.test(text),
    };
  }
  const [, login, address, name] = tcpForm.exec(text) ?? [];
  if (login === undefined || address === undefined) return undefined;
  return { host: address, user: login, database: nonEmpty(name), plain: false };
}

/** `host=db user=app dbname=app`, and `Server=db;User Id=app` of .NET. */
function fromWords(value: string): Found | undefined {
  if (!/(^|[\s;])(host|server)=/i.test(value)) return undefined;
  const words = new Map<string, string>();
  for (const word of value.split(value.includes(';') ? ';' : /\s+/)) {
    const equals = word.indexOf('=');
    if (equals > 0) words.set(plain(word.slice(0, equals)), word.slice(equals + 1).trim());
  }
  const host = words.get('host') ?? words.get('server');
  if (host === undefined) return undefined;
  return {
    host: host.split(/[:,]/)[0] ?? host,
    user: words.get('user') ?? words.get('username') ?? words.get('userid') ?? words.get('uid'),
    database: words.get('dbname') ?? words.get('database'),
    plain: words.get('sslmode')?.toLowerCase() === 'disable',
  };
}

/** What stands before the ending of a variable that names a host; null where it names none. */
function prefixOf(key: string): string | null {
  const name = plain(key);
  const ending = hostEndings.find((one) => name.endsWith(one));
  return ending === undefined ? null : name.slice(0, -ending.length);
}

function named(
  short: ReadonlyMap<string, string>,
  prefix: string,
  endings: readonly string[],
): string | undefined {
  for (const ending of endings) {
    const key = short.get(prefix + ending);
    if (key !== undefined) return key;
  }
  return undefined;
}

function bareHost(value: string): string | undefined {
  return /^(?:tcp:\/\/)?([a-z0-9_][a-z0-9_.-]*)(?::\d+)?$/i.exec(value.trim())?.[1];
}

/** Variables are written with and without underscores: DB_HOST, DBHOST, db.host. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

function push(map: Map<string, StoreLogin[]>, name: string, login: StoreLogin): void {
  const list = map.get(name);
  if (list) list.push(login);
  else map.set(name, [login]);
}
