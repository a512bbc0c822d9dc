import * as z from 'zod';
import { isPathExpression } from './path-expression.ts';

/*
 * Whatever a manifest says ends up in a file that some program reads: a router's rule, a proxy's
 * rule, a mount, a list of access rules. Each text has a pattern that leaves no way out of its place
 * there, and the quoting of the format is a second fence, not the first.
 */

/** A name as Compose, DNS and file systems all accept it. */
const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,40}$/,
    'lower-case letters, digits and hyphens, beginning with a letter',
  );
const sentence = z.string().min(3);
const settingKey = z.string().regex(/^[A-Z][A-Z0-9_]{1,60}$/, 'upper-case letters, digits and _');
/** Text for people, on one line. */
const line = z
  .string()
  .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/, 'text on one line, not empty');
/** Compose splits the short form of a tmpfs at colons and commas: neither is in a path. */
const absolutePath = z
  .string()
  .regex(
    /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._@+-]+)+$/,
    'an absolute path of letters, digits and . _ @ + - without . and .. as parts',
  );
/** The path of a route stands in a rule between backticks: it has characters without a meaning there. */
const routePath = z
  .string()
  .regex(
    /^\/$|^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)+\/?$/,
    'a path that begins with a slash, of letters, digits and . _ ~ - without . and .. as parts',
  );
const memory = z.string().regex(/^[1-9][0-9]{0,5}[kmg]$/, 'a size such as 64m');
/** As Compose reads it. */
const interval = z.string().regex(/^[1-9][0-9]{0,5}(ms|s|m|h)$/, 'a time such as 20s');
/** A DNS name, with a `*` for its first label; `{{KEY}}` stands for the value of a setting. */
const dnsName = z
  .string()
  .regex(
    /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?|\{\{DOMAIN\}\})(\.([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?|\{\{DOMAIN\}\}))*$/,
    'a DNS name, or one with {{DOMAIN}} in it',
  );
/** Settings and the values under which something applies: all keys must match. */
const condition = z.record(settingKey, z.array(z.string()).min(1));

export const settingSchema = z.strictObject({
  key: settingKey,
  type: z.enum([
    'string',
    'text',
    'integer',
    'boolean',
    'enum',
    'list',
    'domain',
    'port',
    'address',
    'cidr-list',
    'duration',
    'size',
    'email',
    'email-list',
    'url',
    'image',
    'timezone',
  ]),
  help: sentence,
  default: z.string().optional(),
  required: z.union([z.boolean(), condition]).optional(),
  values: z.array(z.string()).optional(),
  min: z.int().optional(),
  max: z.int().optional(),
  pattern: z.string().optional(),
  example: z.string().optional(),
  group: z.string().optional(),
});

/**
 * - `password`: letters and digits; `length` characters (24 by default).
 * - `hex`, `base64`: `length` random bytes (32), encoded.
 * - `cookie`: exactly 32 characters with 192 bits or more, as oauth2-proxy takes them raw.
 * - `given`: comes from a person (an OIDC client secret); never generated.
 * - `htpasswd`: one bcrypt line `user:hash` for the password secret named in `of`.
 * - `certificate-authority`: PEM certificate and key; `certificate`: PEM chain and `key`: PEM key,
 *   both of one leaf that is signed by the project's local authority.
 */
export const secretKinds = [
  'password',
  'hex',
  'base64',
  'cookie',
  'given',
  'htpasswd',
  'certificate',
  'certificate-key',
] as const;

const secretSchema = z.strictObject({
  name,
  kind: z.enum(secretKinds),
  help: sentence,
  length: z.int().min(16).max(256).optional(),
  /** htpasswd: the password secret and the user's name; certificate-key: its certificate. */
  of: name.optional(),
  user: z
    .string()
    .regex(/^([A-Za-z0-9._-]|\{\{[A-Z][A-Z0-9_]+\}\})+$/, 'a name of letters, digits and . _ -')
    .optional(),
  /** certificate: its DNS names; `{{DOMAIN}}` stands for the domain. */
  names: z.array(dnsName).optional(),
  when: condition.optional(),
  /** False: another service's container or the host uses it, this service does not mount it. */
  mount: z.boolean().default(true),
});

const configSchema = z.strictObject({
  /** Path under `config/<service>/`; `.hbs` files are rendered, others copied. */
  template: z
    .string()
    .regex(
      /^(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)*$/,
      'a path of letters, digits and . _ - without . and .. as parts',
    )
    .max(100),
  /** Path in the container. */
  target: absolutePath,
  format: z.enum([
    'yaml',
    'toml',
    'ini',
    'json',
    'sql',
    'acl',
    'redis',
    'haproxy',
    'nginx',
    'postgres',
    'hba',
    'html',
    'css',
    'shell',
    'text',
  ]),
  /** The rendered text holds a secret: kept under `secrets/`, readable by this service alone. */
  secret: z.boolean().default(false),
  /** `recreate` the container, or `reload` it in place when the text changes. */
  change: z.enum(['recreate', 'reload']).default('recreate'),
  /** File mode; only scripts that run inside the container need another one. */
  mode: z.enum(['0444', '0555']).default('0444'),
  when: condition.optional(),
});

const routeSchema = z.strictObject({
  name,
  /** Label under the domain; an empty one is the domain itself. */
  host: z
    .string()
    .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$/, 'a DNS label, or empty for the domain'),
  /** Container port; absent where Traefik itself answers (`traefikService`). */
  port: z.int().min(1).max(65535).optional(),
  /** The platform's own services alone: it opens what Traefik says about itself. */
  traefikService: z.enum(['api@internal']).optional(),
  path: routePath.optional(),
  auth: z.union([z.literal('sso'), z.strictObject({ none: sentence })]).default('sso'),
  tier: z.enum(['general', 'auth', 'api', 'critical']).default('general'),
  headers: z.enum(['strict', 'standard', 'embed', 'sign-in']).default('standard'),
  /** A tile on the portal; absent: none. */
  tile: z.strictObject({ title: line, description: line }).optional(),
  when: condition.optional(),
});

const endpoint = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']),
  /** Anchored regular expression of the path after the optional API version. */
  path: z
    .string()
    .regex(/^\//, 'a path that begins with a slash')
    .max(200)
    .refine(isPathExpression, {
      error:
        'an expression of letters, digits, / . _ ~ : @ % = , -, classes in [], groups in () and the counts + * ? {1,9}; alternatives only inside a group',
    }),
  why: sentence,
});

const postgresSchema = z.strictObject({
  database: z.string().regex(/^[a-z_][a-z0-9_]{0,40}$/),
  role: z.string().regex(/^[a-z_][a-z0-9_]{0,40}$/),
  extensions: z.array(z.enum(['pgcrypto', 'citext', 'pg_trgm', 'uuid-ossp'])).default([]),
  connectionLimit: z.int().min(1).max(500).default(20),
});

const redisSchema = z.strictObject({
  user: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/),
  /** Every key and channel of the user begins with it. */
  prefix: z.string().regex(/^[A-Za-z0-9_.:-]{2,}$/, 'two or more letters, digits, _ . : or -'),
  /** `data`: ordinary reads and writes; `scripts`: EVAL and EVALSHA; `info`: INFO for health. */
  groups: z.array(z.enum(['data', 'scripts', 'pubsub', 'info'])).min(1),
});

const writeSchema = z.union([
  z.strictObject({
    volume: name,
    path: absolutePath,
    /** A new volume begins with a copy of what the image has at the path; else it begins empty. */
    seed: z.literal(true).optional(),
    why: sentence,
  }),
  z.strictObject({
    tmpfs: absolutePath,
    size: memory,
    exec: z.literal(true).optional(),
    why: sentence,
  }),
]);

const exceptionSchema = z.strictObject({
  control: z.string().regex(/^[A-Z]+-[A-Z0-9-]+$/),
  /** What exactly is softer, where the control needs to know (a capability's name). */
  value: z
    .string()
    .regex(/^[A-Za-z0-9_./:@=-]{1,200}$/, 'letters, digits and _ . / : @ = -')
    .optional(),
  reason: z.string().min(20, 'a reason that a reader can judge (20 characters or more)'),
  expires: z.iso.date().optional(),
  when: condition.optional(),
});

function isCheck(test: readonly string[]): boolean {
  return test[0] === 'CMD' || test[0] === 'CMD-SHELL';
}

export const manifestSchema = z.strictObject({
  title: line,
  description: sentence,
  category: z.enum([
    'edge',
    'access',
    'data',
    'observability',
    'security',
    'operations',
    'application',
  ]),
  docs: z.url({ protocol: /^https?$/ }).optional(),
  /** The presets that include the service; an empty list: only when enabled by name. */
  presets: z.array(z.enum(['minimal', 'standard', 'full'])).default([]),
  /** One instance for each service with a `docker` need, named `<this>-<consumer>`. */
  perConsumer: z.literal('docker').optional(),
  /** Services the platform cannot do without: not to be disabled. */
  essential: z.boolean().default(false),
  when: condition.optional(),
  settings: z.array(settingSchema).default([]),
  secrets: z.array(secretSchema).default([]),
  /** Secrets of other services that this one reads too, with the reason. */
  uses: z.array(z.strictObject({ secret: name, why: sentence })).default([]),
  config: z.array(configSchema).default([]),
  routes: z.array(routeSchema).default([]),
  docker: z.array(endpoint).default([]),
  postgres: postgresSchema.optional(),
  redis: redisSchema.optional(),
  connects: z.array(name).default([]),
  /** Host ports that this service publishes: the edge router's alone. */
  publishes: z.array(z.strictObject({ target: z.int(), setting: settingKey })).default([]),
  /** The engine's socket: only the socket proxy mounts it. */
  socket: z.boolean().default(false),
  /** The service talks to the internet. */
  egress: z.strictObject({ why: sentence, when: condition.optional() }).optional(),
  writes: z.array(writeSchema).default([]),
  /** `uid:gid` of the image's own user. */
  identity: z.string().regex(/^[1-9][0-9]{0,8}:[0-9]{1,9}$/, 'uid:gid with a uid that is not 0'),
  resources: z
    .strictObject({
      memory: memory.default('128m'),
      cpus: z.number().positive().default(1),
      pids: z.int().min(5).max(4096).default(200),
      pidsWhy: sentence.optional(),
    })
    .prefault({}),
  exceptions: z.array(exceptionSchema).default([]),
  health: z.strictObject({
    /** `NONE` would turn the check off. */
    test: z
      .array(z.string())
      .min(2)
      .refine(isCheck, { error: 'a list that begins with CMD or CMD-SHELL' }),
    interval: interval.default('20s'),
    timeout: interval.default('5s'),
    retries: z.int().min(1).max(100).default(3),
    start: interval.default('30s'),
  }),
});

/** One service's needs, as its `x-jacker` block declares them, with defaults filled in. */
export type Manifest = z.infer<typeof manifestSchema>;
export type SecretDeclaration = z.infer<typeof secretSchema>;
export type ConfigDeclaration = z.infer<typeof configSchema>;
export type RouteDeclaration = z.infer<typeof routeSchema>;
export type DockerEndpoint = z.infer<typeof endpoint>;
export type ServiceException = z.infer<typeof exceptionSchema>;
export type ManifestRedis = z.infer<typeof redisSchema>;
export type ManifestPostgres = z.infer<typeof postgresSchema>;
export type Condition = z.infer<typeof condition>;
