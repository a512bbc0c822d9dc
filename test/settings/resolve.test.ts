import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import { coreSettings } from '../../src/settings/core.ts';
import { flagOf, listOf, numberOf, textOf } from '../../src/settings/definition.ts';
import type { SettingDefinition, SettingType, Settings } from '../../src/settings/definition.ts';
import { parseEnvFile } from '../../src/settings/env-file.ts';
import { resolveSettings } from '../../src/settings/resolve.ts';
import { acceptedValues, refusedValues } from './values.ts';

function resolve(text: string, definitions: readonly SettingDefinition[]): Settings {
  return resolveSettings(parseEnvFile(new TextEncoder().encode(text), '/p/.env'), definitions);
}

function failureOf(run: () => unknown): JackerError {
  try {
    run();
  } catch (error) {
    if (error instanceof JackerError) return error;
    throw error;
  }
  throw new Error('the settings were accepted');
}

const define = (
  key: string,
  type: SettingType,
  more: Partial<SettingDefinition> = {},
): SettingDefinition => ({ key, type, help: `Help of ${key}.`, ...more });

describe('settings of a project', () => {
  it('are the defaults where there is no file', () => {
    const settings = resolveSettings(null, coreSettings);
    expect(settings.values).toMatchObject({
      PROJECT_NAME: 'jacker',
      DOMAIN: 'jacker.localhost',
      PRESET: 'standard',
      TIMEZONE: 'UTC',
      BIND_ADDRESS: '127.0.0.1',
      HTTP_PORT: 80,
      HTTPS_PORT: 443,
    });
    expect(new Set(Object.values(settings.sources))).toEqual(new Set(['default']));
  });

  it('come typed from the file, which wins over the defaults', () => {
    const settings = resolve('HTTP_PORT=8080\nSERVICES_ENABLED=" grafana , loki"\nX_MINE=1', [
      ...coreSettings,
      define('FLAG', 'boolean', { default: 'true' }),
    ]);
    expect(numberOf(settings, 'HTTP_PORT')).toBe(8080);
    expect(listOf(settings, 'SERVICES_ENABLED')).toEqual(['grafana', 'loki']);
    expect(listOf(settings, 'SERVICES_DISABLED')).toEqual([]);
    expect(flagOf(settings, 'FLAG')).toBe(true);
    expect(textOf(settings, 'IMAGE_MIRROR')).toBe('');
    expect(settings.sources).toMatchObject({ HTTP_PORT: 'env-file', HTTPS_PORT: 'default' });
    expect(settings.values).not.toHaveProperty('X_MINE');
  });

  it('can be emptied where they are text or lists, and only there', () => {
    const definitions = [
      define('NAME', 'string', { default: 'a' }),
      define('NAMES', 'list', { default: 'a,b' }),
      define('OPTIONAL', 'port'),
      define('PORT', 'port', { default: '80' }),
    ];
    const settings = resolve('NAME=\nNAMES=\nOPTIONAL=', definitions);
    expect(settings.values).toEqual({ NAME: '', NAMES: [], PORT: 80 });
    expect(failureOf(() => resolve('PORT=', definitions)).problems).toMatchObject([
      { what: 'the value is empty', where: { line: 1, key: 'PORT' } },
    ]);
  });
});

describe('a value of the declared type', () => {
  it.each(acceptedValues)('$type: $text', ({ type, text, more }) => {
    const env = { file: '.env', text: '', entries: [entry('KEY', text)] };
    expect(resolveSettings(env, [define('KEY', type, more)]).sources).toEqual({ KEY: 'env-file' });
  });
});

describe('a value of another type', () => {
  it.each(refusedValues)('$type: $text', ({ type, text, more }) => {
    const env = { file: '.env', text: '', entries: [entry('KEY', text)] };
    const error = failureOf(() => resolveSettings(env, [define('KEY', type, more)]));
    expect(error.code).toBe('settings-invalid');
    expect(error.exitCode).toBe(2);
    const [problem] = error.problems;
    expect(error.problems).toHaveLength(1);
    expect(problem?.where).toEqual({ file: '.env', line: 7, column: 3, key: 'KEY' });
    expect(problem?.why).toMatch(/^expected .{8}/);
    expect(problem?.hint).toMatch(/[.?]$/);
  });

  const secret = 'hunter2-not-to-be-shown';
  const all: SettingType[] = [...new Set(refusedValues.map(({ type }) => type))];
  it.each(all)('%s: the message does not hold it', (type) => {
    const values = ['one'];
    const text = `${secret}\u0007\n${secret},,`;
    const env = { file: '.env', text: '', entries: [entry('KEY', text)] };
    const error = failureOf(() => resolveSettings(env, [define('KEY', type, { values })]));
    expect(error.message).not.toContain('hunter2');
  });

  it('names the value that was likely meant, of an enum', () => {
    expect(failureOf(() => resolve('PRESET=standrad', coreSettings)).problems[0]?.hint).toBe(
      'Did you mean standard?',
    );
  });

  it('says that a quote may end too late where a value runs over lines', () => {
    const text = "DOMAIN='example.com\nHTTP_PORT=80\nPRESET='";
    expect(failureOf(() => resolve(text, coreSettings)).problems).toMatchObject([
      {
        what: 'a line break in a value that has to be on one line',
        where: { line: 1, key: 'DOMAIN' },
        hint: expect.stringContaining('quote') as string,
      },
    ]);
  });
});

function entry(key: string, value: string) {
  const place = { line: 7, column: 3, start: 0, end: 0, valueStart: 0, valueEnd: 0 };
  return { key, value, quote: '' as const, ...place };
}

describe('an unknown name', () => {
  it.each([
    ['HTP_PORT=1', 'Did you mean HTTP_PORT?'],
    ['http_port=1', 'Did you mean HTTP_PORT?'],
    ['TIMEZOEN=UTC', 'Did you mean TIMEZONE?'],
    ['NOPE_IMAGE=redis', 'Remove it;'],
    ['ENTIRELY_OTHER=1', 'Remove it;'],
    ['__proto__=1', 'Remove it;'],
  ])('%s: %s', (text, hint) => {
    const error = failureOf(() => resolve(`# c\n${text}`, coreSettings));
    const key = text.split('=')[0]!;
    expect(error.problems).toMatchObject([
      {
        what: `${key} is no setting`,
        where: { file: '/p/.env', line: 2, column: 1, key },
        hint: expect.stringContaining(hint) as string,
      },
    ]);
  });

  it('is not shown where it may be a piece of a key or certificate', () => {
    const { message } = failureOf(() => resolve('MIIEpAibAAKC=', coreSettings));
    expect(message).toContain('a name of 12 characters that is no setting');
    expect(message).not.toContain('MIIE');
  });
});

describe('a required setting', () => {
  const definitions = [
    define('MODE', 'enum', { values: ['local', 'oauth'], default: 'local' }),
    define('TLS', 'boolean', { default: 'true' }),
    define('ALWAYS', 'string', { required: true }),
    define('CLIENT', 'string', { required: { MODE: ['oauth'], TLS: ['true'] } }),
    define('EMAILS', 'email-list', { required: { MODE: ['oauth'] }, default: 'a@example.com' }),
  ];

  it('is missed where there is none, and where it is empty', () => {
    expect(failureOf(() => resolveSettings(null, definitions)).problems).toMatchObject([
      {
        what: 'ALWAYS is required',
        where: { file: '.env', key: 'ALWAYS' },
        hint: 'Set ALWAYS to text on one line. Help of ALWAYS.',
      },
    ]);
    expect(failureOf(() => resolve('\nALWAYS=', definitions)).problems).toMatchObject([
      { what: 'ALWAYS is required', where: { line: 2, key: 'ALWAYS' } },
    ]);
  });

  it('is required only where all settings of its condition have one of the values', () => {
    expect(resolve('ALWAYS=a', definitions).values).not.toHaveProperty('CLIENT');
    expect(resolve('ALWAYS=a\nMODE=oauth\nTLS=false', definitions).values).toMatchObject({
      TLS: false,
    });
    expect(
      failureOf(() => resolve('ALWAYS=a\nMODE=oauth\nEMAILS=', definitions)).problems,
    ).toMatchObject([
      { what: 'EMAILS is required', why: 'because MODE is "oauth"', where: { line: 3 } },
      { what: 'CLIENT is required', why: 'because MODE is "oauth" and TLS is "true"' },
    ]);
  });
});

it('all problems of a file come at once, in the order of its lines', () => {
  const error = failureOf(() =>
    resolve('HTTPS_PORT=x\nNOPE=1\nDOMAIN=X\n', [
      ...coreSettings,
      define('NEEDED', 'string', { required: true }),
    ]),
  );
  expect(error.problems.map(({ where }) => [where?.line, where?.key])).toEqual([
    [1, 'HTTPS_PORT'],
    [2, 'NOPE'],
    [3, 'DOMAIN'],
    [undefined, 'NEEDED'],
  ]);
});

describe('definitions', () => {
  it('may repeat a setting as long as they agree', () => {
    const first = define('A', 'port', { default: '80', required: { B: ['x'], C: ['y'] } });
    const again = define('A', 'port', {
      default: '80',
      help: 'Said otherwise.',
      required: { C: ['y'], B: ['x'] },
    });
    const others = [define('B', 'string'), define('C', 'string')];
    expect(resolveSettings(null, [first, ...others, again]).values).toEqual({ A: 80 });
  });

  it.each<[string, SettingDefinition[], string]>([
    ['contradict each other', [define('A', 'port'), define('A', 'integer')], 'declared twice'],
    [
      'differ in a default',
      [define('A', 'port', { default: '1' }), define('A', 'port')],
      'declared twice',
    ],
    ['have a wrong default', [define('A', 'port', { default: 'x' })], 'the default is refused'],
    ['have a wrong example', [define('A', 'port', { example: 'x' })], 'the example is refused'],
    ['have no values', [define('A', 'enum')], 'enum without values'],
    [
      'have a broken pattern',
      [define('A', 'string', { pattern: '(' })],
      'not a regular expression',
    ],
    ['have bounds that cross', [define('A', 'integer', { min: 2, max: 1 })], 'min is greater'],
    ['depend on nothing', [define('A', 'port', { required: { B: ['x'] } })], 'names B'],
  ])('are refused where they %s', (_, definitions, what) => {
    const error = failureOf(() => resolveSettings(null, definitions));
    expect(error.code).toBe('manifest-invalid');
    expect(error.problems).toMatchObject([
      { what: expect.stringContaining(what) as string, where: { key: 'A' } },
    ]);
  });

  it('of the core are in order', () => {
    expect(() => resolveSettings(null, coreSettings)).not.toThrow();
  });
});
