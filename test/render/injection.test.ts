import { execa } from 'execa';
import fc from 'fast-check';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { ComposeDocument } from '../../src/harden/compose-model.ts';
import type { Format } from '../../src/render/quote.ts';
import { composeYaml } from '../../src/render/compose-yaml.ts';
import { createTemplateEngine } from '../../src/render/template.ts';
import { setInEnv } from '../../src/settings/edit.ts';
import { renderPrepared, type PreparedProject } from '../../src/usecases/prepare.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';
import { goldenCases } from './golden-cases.ts';
import { hostileLine, hostilePrintable, hostileText } from './hostile-text.ts';
import { tokenize, type HtmlToken } from './html.ts';
import { fileOf, prepareFixture, renderFiles, writeProject } from './project-fixture.ts';

/** The settings that take any text, where the mode oauth shows all of them. */
const freeSettings = [
  'SIGN_IN_BANNER',
  'SIGN_IN_FOOTER',
  'OAUTH_PROVIDER_NAME',
  'OAUTH_CLIENT_ID',
] as const;
const { env } = goldenCases['letsencrypt-oauth']!;
const plain = {
  SIGN_IN_BANNER: 'BAN',
  SIGN_IN_FOOTER: 'FOO',
  OAUTH_PROVIDER_NAME: 'NAM',
  OAUTH_CLIENT_ID: 'CLI',
};
type FreeValues = Record<(typeof freeSettings)[number], string>;

async function oauthProject(): Promise<PreparedProject> {
  const directory = await temporaryFolder();
  await writeProject(directory, { '.env': env });
  return prepareFixture(directory);
}

async function renderWith(prepared: PreparedProject, values: FreeValues) {
  const { project } = prepared;
  const settings = { ...project.settings, values: { ...project.settings.values, ...values } };
  return renderPrepared({ ...prepared, project: { ...project, settings } });
}

/** Replaces the plain values in a parsed structure, wherever they stand. */
function replaced<T>(structure: T, values: FreeValues): T {
  const pairs = freeSettings.map((key): [string, string] => [plain[key], values[key]]);
  const walk = (item: unknown): unknown => {
    if (typeof item === 'string') {
      const found = pairs.find(([from]) => item.includes(from));
      return found ? item.split(found[0]).join(found[1]) : item;
    }
    if (Array.isArray(item)) return item.map(walk);
    if (typeof item === 'object' && item !== null) {
      return Object.fromEntries(Object.entries(item).map(([key, value]) => [key, walk(value)]));
    }
    return item;
  };
  return walk(structure) as T;
}

/** The page's tokens with the actions of Go's templates taken as text of their own. */
function page(html: string): { tokens: HtmlToken[]; actions: string[] } {
  const action = /\{\{[^]*?\}\}/g;
  return { tokens: tokenize(html.replace(action, 'ACTION')), actions: html.match(action) ?? [] };
}

describe('a text of the user in a rendered project', () => {
  it('is that text in every file, and changes nothing else', async () => {
    const prepared = await oauthProject();
    const base = await renderWith(prepared, plain);
    const toml = parseToml(fileOf(base, 'secrets/oauth.oauth2-proxy.cfg'));
    const html = page(fileOf(base, 'config/oauth/templates/sign_in.html'));
    const touched = [
      'config/oauth/templates/sign_in.html',
      'secrets/oauth.oauth2-proxy.cfg',
      // Its label names the version of the two files.
      'compose/oauth.yml',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          SIGN_IN_BANNER: hostileLine,
          SIGN_IN_FOOTER: hostileLine,
          OAUTH_PROVIDER_NAME: hostileLine,
          OAUTH_CLIENT_ID: hostileLine,
        }),
        async (values) => {
          const rendered = await renderWith(prepared, values);
          expect(parseToml(fileOf(rendered, 'secrets/oauth.oauth2-proxy.cfg'))).toEqual(
            replaced(toml, values),
          );
          const actual = page(fileOf(rendered, 'config/oauth/templates/sign_in.html'));
          expect(actual.tokens).toEqual(replaced(html.tokens, values));
          expect(actual.actions).toEqual(html.actions);
          for (const [path, { content }] of [...base.tree, ...base.secret]) {
            if (!touched.includes(path)) expect(fileOf(rendered, path), path).toBe(content);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('survives the way through the .env file', async () => {
    await fc.assert(
      fc.asyncProperty(hostileLine, async (text) => {
        const value = text.trim();
        fc.pre(value !== '');
        let file: string;
        try {
          file = setInEnv(env, 'OAUTH_CLIENT_ID', value);
        } catch {
          // A text with every kind of quote has no notation in a .env file.
          fc.pre(false);
          return;
        }
        const rendered = await renderFiles({ '.env': file });
        expect(parseToml(fileOf(rendered, 'secrets/oauth.oauth2-proxy.cfg'))).toMatchObject({
          client_id: value,
          provider: 'keycloak-oidc',
        });
      }),
      { numRuns: 25 },
    );
  });
});

const render = (format: Format, text: string, context: object): string =>
  createTemplateEngine(format).render({ file: `test.${format}`, text }, context);

/** Two values around a marker: what leaks from the first shows in what follows. */
const values = fc.record({ v: hostileText, w: hostileText });

describe('a value in a template of the format', () => {
  it('yaml is that value, by YAML 1.1 and 1.2, and opens no Go template', () => {
    const template = 'a:\n  b: {{v}}\n  c: [{{w}}, {{list}}]\nlast: 1\n';
    fc.assert(
      fc.property(values, fc.array(hostileText, { maxLength: 3 }), ({ v, w }, list) => {
        const text = render('yaml', template, { v, w, list });
        const expected = { a: { b: v, c: [w, list] }, last: 1 };
        expect(parseYaml(text)).toEqual(expected);
        expect(parseYaml(text, { version: '1.1' })).toEqual(expected);
        expect(text).not.toContain('{{');
      }),
    );
  });

  it('yaml as a key is that key', () => {
    fc.assert(
      fc.property(hostileText, (v) => {
        fc.pre(v !== '<<');
        expect(parseYaml(render('yaml', '{{v}}: 1\nlast: 2\n', { v }))).toEqual({
          [v]: 1,
          last: 2,
        });
      }),
    );
  });

  it('json is that value', () => {
    fc.assert(
      fc.property(values, fc.array(hostileText, { maxLength: 3 }), ({ v, w }, list) => {
        const text = render('json', '{ "a": {{v}}, "b": [{{w}}], "c": {{list}}, "d": 1 }', {
          v,
          w,
          list,
        });
        expect(JSON.parse(text)).toEqual({ a: v, b: [w], c: list, d: 1 });
      }),
    );
  });

  it('toml is that value', () => {
    fc.assert(
      fc.property(values, fc.array(hostileText, { maxLength: 3 }), ({ v, w }, list) => {
        const text = render('toml', 'a = {{v}}\nlist = {{list}}\n[t]\nb = {{w}}\nlast = true\n', {
          v,
          w,
          list,
        });
        expect(parseToml(text)).toEqual({ a: v, list, t: { b: w, last: true } });
      }),
    );
  });

  it('html is that text, inside an element and inside an attribute', () => {
    fc.assert(
      fc.property(hostilePrintable, hostilePrintable, (v, w) => {
        const text = render('html', '<p title="{{v}}">{{w}}</p><br>', { v, w });
        expect(tokenize(text)).toEqual([
          { kind: 'open', name: 'p', attributes: { title: v } },
          { kind: 'text', text: w },
          { kind: 'close', name: 'p' },
          { kind: 'open', name: 'br', attributes: {} },
        ]);
        expect(text).not.toContain('{{');
      }),
    );
  });

  it('css is that string', () => {
    fc.assert(
      fc.property(hostilePrintable, (v) => {
        const text = render('css', 'p::after{content:{{v}};color:red}', { v });
        // https://www.w3.org/TR/css-syntax-3/#consume-string-token
        const found = /^p::after\{content:"((?:[^"\\\n]|\\[0-9a-f]{1,6} )*)";color:red\}$/u.exec(
          text,
        );
        expect(found, text).not.toBeNull();
        const read = (found?.[1] ?? '').replace(/\\([0-9a-f]{1,6}) /g, (_, code: string) =>
          String.fromCodePoint(Number.parseInt(code, 16)),
        );
        expect(read).toBe(v);
        expect(text).not.toContain('</');
      }),
    );
  });

  it('ini is that value in double quotes', () => {
    fc.assert(
      fc.property(hostilePrintable, (v) => {
        const text = render('ini', 'a = {{v}}\nb = 1\n', { v });
        const found = /^a = "((?:[^"\\\n]|\\["\\])*)"\nb = 1\n$/u.exec(text);
        expect(found?.[1]?.replace(/\\(["\\])/g, '$1')).toBe(v);
      }),
    );
  });

  it('shell is that one word', async () => {
    await fc.assert(
      fc.asyncProperty(hostilePrintable, hostilePrintable, async (v, w) => {
        const script = render('shell', "printf '%s\\0' {{v}} {{w}} last", { v, w });
        const { stdout } = await execa('sh', ['-s'], { input: script, env: { LC_ALL: 'C.UTF-8' } });
        expect(stdout.split('\0')).toEqual([v, w, 'last', '']);
      }),
      { numRuns: 40 },
    );
  });

  it.each(['ini', 'haproxy', 'postgres', 'shell', 'css', 'text', 'nginx', 'acl', 'hba'] as const)(
    '%s with a line break is refused',
    (format) => {
      for (const v of ['a\nb', 'a\r', '\0']) {
        expect(() => render(format, 'a {{v}}', { v })).toThrow(/cannot be written there/);
      }
    },
  );

  it.each(['acl', 'hba'] as const)(
    '%s with a blank is refused: the format has no quotes',
    (format) => {
      expect(() => render(format, 'user {{v}}', { v: 'a on nopass' })).toThrow(/cannot be written/);
    },
  );

  it('nginx with a dollar sign is refused: nginx has no way to write one', () => {
    expect(() => render('nginx', 'set $x {{v}};', { v: '$host' })).toThrow(/no dollar sign/);
  });
});

describe('a Compose file', () => {
  const document = fc.record({
    image: hostileText,
    command: fc.array(hostileText, { maxLength: 4 }),
    environment: fc.dictionary(fc.stringMatching(/^[A-Z_]{1,8}$/), hostileText, { maxKeys: 4 }),
    labels: fc.dictionary(hostilePrintable, hostileText, { maxKeys: 3 }),
  });
  /** What Compose does with a value after it has read the YAML: two dollars are one. */
  const interpolate = (value: unknown): unknown => {
    if (typeof value === 'string') {
      if (/\$/.test(value.replaceAll('$$', ''))) throw new Error(`Compose would fill in: ${value}`);
      return value.replaceAll('$$', '$');
    }
    if (Array.isArray(value)) return value.map(interpolate);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolate(item)]));
  };

  it('says the same to a YAML reader, with nothing left to fill in', () => {
    fc.assert(
      fc.property(document, (service) => {
        const file = { services: { a: service } };
        const text = composeYaml(file);
        expect(interpolate(parseYaml(text))).toEqual(file);
        expect(interpolate(parseYaml(text, { version: '1.1', merge: false }))).toEqual(file);
      }),
      { numRuns: 300 },
    );
  });

  it.each(Object.entries(goldenCases))(
    'of %s is final: no variable is left',
    async (_, { env: settings, sample }) => {
      const rendered = await renderFiles({ '.env': settings }, sample ? { sample } : {});
      for (const [path, { content }] of rendered.tree) {
        if (!/^(compose\/.*|docker-compose)\.yml$/.test(path)) continue;
        const parsed = parseYaml(content) as ComposeDocument;
        expect(() => interpolate(parsed), path).not.toThrow();
      }
    },
  );
});
