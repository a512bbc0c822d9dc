import fc from 'fast-check';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { JackerError } from '../../src/error.ts';
import type { Format } from '../../src/render/quote.ts';
import type { SettingDefinition, SettingType } from '../../src/settings/definition.ts';
import { setInEnv } from '../../src/settings/edit.ts';
import { forms, goDuration, isListType } from '../../src/settings/forms.ts';
import { serviceText } from '../catalog/manifests.ts';
import { goldenCases } from './golden-cases.ts';
import { hostileLine, hostilePrintable } from './hostile-text.ts';
import { renderFiles, type ProjectFiles, type Rendering } from './project-fixture.ts';
import { leavesOf, type Leaves } from './read-back.ts';

/*
 * A service of one's own, with a setting of every type and a template in every format: what holds for
 * the platform's files has to hold for anybody's.
 */
const ownSettings: readonly SettingDefinition[] = [
  ...(
    [
      ['string', 'x'],
      ['list', 'x'],
      ['integer', '7'],
      ['domain', 'own.test'],
      ['port', '7'],
      ['address', '192.0.2.7'],
      ['cidr-list', '192.0.2.0/24'],
      ['duration', '7m'],
      ['size', '7m'],
      ['email', 'own@example.test'],
      ['email-list', 'own@example.test'],
      ['url', 'https://own.example.test/'],
      ['image', 'own.test/own:7'],
      ['timezone', 'Europe/Madrid'],
    ] as [SettingType, string][]
  ).map(([type, value]) => ({
    key: `MY_${type.toUpperCase().replaceAll('-', '_')}`,
    type,
    default: value,
    help: 'A setting of the test.',
  })),
  // What a format has no notation for is refused: these have texts that fit.
  { key: 'MY_WORD', type: 'string', pattern: '[!-~]+', default: 'x', help: 'One word.' },
  { key: 'MY_NAME', type: 'string', pattern: '[a-z_][a-z0-9_]*', default: 'x', help: 'A name.' },
  { key: 'MY_PLAIN', type: 'string', pattern: '[^$]+', default: 'x', help: 'Without a dollar.' },
  { key: 'MY_TEXT', type: 'text', default: 'x', help: 'Lines.' },
];
const scalars = ownSettings.filter(
  ({ key, type }) => !isListType(type) && !/_(WORD|NAME|PLAIN|TEXT)$/.test(key),
);
/** A template that writes every one of the settings in a way of the format's own. */
const ownTemplates: readonly [Format, string][] = [
  [
    'yaml',
    all((key) => `${key}: {{settings.${key}}}`) +
      '\nlast: true\ntext: {{settings.MY_TEXT}}\nlist: {{settings.MY_LIST}}\n',
  ],
  [
    'toml',
    all((key) => `${key} = {{settings.${key}}}`) +
      '\ntext = {{settings.MY_TEXT}}\nlist = {{settings.MY_CIDR_LIST}}\n',
  ],
  [
    'json',
    `{${all((key) => `"${key}": {{settings.${key}}},`)} "text": {{settings.MY_TEXT}}, "list": {{settings.MY_EMAIL_LIST}} }`,
  ],
  ['ini', all((key) => `${key} = {{settings.${key}}}`) + '\nlast = 1\n'],
  ['redis', all((key) => `x {{settings.${key}}}`) + '\nx {{settings.MY_TEXT}}\nlast 1\n'],
  ['haproxy', all((key) => `x {{settings.${key}}}`) + '\nlast 1\n'],
  ['postgres', all((key) => `x = {{settings.${key}}}`) + '\nlast = 1\n'],
  ['shell', all((key) => `x {{settings.${key}}}`) + '\nlast\n'],
  ['nginx', 'x {{settings.MY_PLAIN}} ;\nlast ;\n'],
  ['acl', 'x {{settings.MY_WORD}} {{settings.MY_NAME}}\nlast\n'],
  ['hba', 'x {{settings.MY_NAME}}\nlast\n'],
  ['html', all((key) => `<p title="{{settings.${key}}}">{{settings.${key}}}</p>`) + '<br>'],
  ['css', all((key) => `p::after{content:{{settings.${key}}} }`)],
  ['sql', all((key) => `select {{settings.${key}}};`) + '\nselect {{settings.MY_TEXT}};\n'],
  ['text', all((key) => `{{settings.${key}}}`) + '\nlast\n'],
];
function all(line: (key: string) => string): string {
  return scalars.map(({ key }) => line(key)).join('\n');
}
const own: ProjectFiles = {
  'services/own.yml': serviceText('own', {
    settings: ownSettings,
    config: ownTemplates.map(([format]) => ({
      template: `${format}.hbs`,
      target: `/etc/own/${format}`,
      format,
    })),
  }),
  ...Object.fromEntries(ownTemplates.map(([format, text]) => [`services/own/${format}.hbs`, text])),
};

const services = 'caller,notes,own,sample';
/** Projects in which every setting ends up in a file. */
const bases = Object.entries({
  local: `${(goldenCases['sample']?.env ?? '').replace('=sample\n', `=${services}\n`)}SIGN_IN_FOOTER=foot\n`,
  oauth: `${goldenCases['letsencrypt-oauth']?.env ?? ''}SERVICES_ENABLED=${services}\n`,
});
const rendered = new Map<string, Rendering>();
for (const [name, env] of bases) {
  rendered.set(name, await renderFiles({ '.env': env, ...own }, { sample: true }));
}
const { definitions } = rendered.get('local')!.project;

/** What may stay unchanged in every file: it decides what there is, or is no part of a file. */
const unwritten = new Set([
  // The name of the account is in a secret that the store makes.
  'ADMIN_USER',
  // The fixture has a group of its own.
  'DOCKER_GROUP_ID',
]);

/** The format of each rendered file. */
function formatsOf({ project }: Rendering): Map<string, Format> {
  return new Map(
    project.stack.services.flatMap(({ configs }) =>
      configs.map(({ path, declaration }): [string, Format] => [path, declaration.format]),
    ),
  );
}

function leavesOfFile(rendering: Rendering, path: string): Leaves {
  const content = (rendering.tree.get(path) ?? rendering.secret.get(path))?.content ?? '';
  return leavesOf(formatsOf(rendering).get(path) ?? 'compose', content);
}

const mail = fc.oneof(
  fc.emailAddress(),
  fc.constantFrom("o'neill+x@example.test", 'a_b.c-d@e.test', 'A@B.test'),
);

/** Texts that the type may take, and texts that only look like it. */
function valuesOf({ type, pattern, values = [], key }: SettingDefinition): fc.Arbitrary<string> {
  const from: fc.Arbitrary<string>[] = [hostileLine];
  if (type === 'string' && pattern === undefined) from.push(hostilePrintable, hostilePrintable);
  if (pattern !== undefined) {
    const fitting = fc.stringMatching(new RegExp(`^(?:${pattern})$`));
    from.push(fitting, fitting);
  }
  if (type === 'enum') from.push(fc.constantFrom(...values));
  if (type === 'boolean') from.push(fc.constantFrom('true', 'false'));
  if (type === 'port') from.push(fc.integer({ min: 1, max: 65_535 }).map(String));
  if (type === 'integer') from.push(fc.integer({ min: 10, max: 1000 }).map(String));
  if (type === 'url')
    from.push(
      fc.webUrl({ withQueryParameters: true }),
      hostileLine.map((text) => `https://a.test/${text}`),
    );
  if (type === 'domain') from.push(fc.domain());
  if (type === 'email') from.push(mail);
  if (type === 'email-list')
    from.push(fc.array(mail, { minLength: 1, maxLength: 3 }).map((list) => list.join(',')));
  if (type === 'address') from.push(fc.ipV4(), fc.ipV6());
  if (type === 'cidr-list')
    from.push(
      fc.ipV4().map((text) => `${text}/24`),
      fc.ipV6().map((text) => `${text}/64`),
    );
  if (type === 'timezone')
    from.push(fc.constantFrom('UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'));
  if (type === 'duration') from.push(fc.stringMatching(new RegExp(forms.duration.pattern)));
  if (type === 'size') from.push(fc.stringMatching(new RegExp(forms.size.pattern)));
  if (type === 'image')
    from.push(
      fc.constantFrom(
        'a.test/b:1',
        'a/b-c__d:T.1',
        `x@sha256:${'0'.repeat(64)}`,
        'localhost:5000/x',
      ),
    );
  if (type === 'registry') from.push(fc.domain(), fc.constantFrom('a.test:5000/b/c', 'localhost'));
  if (type === 'list') from.push(hostileLine.map((text) => text.replaceAll(',', ';')));
  if (type === 'text')
    from.push(
      fc.array(hostileLine, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('\n')),
    );
  // A service that exists decides what there is; any other name has to be refused.
  if (key.startsWith('SERVICES_')) return hostileLine;
  return fc.oneof(...from).map((text) => text.trim());
}

/** The forms in which a value may stand in a file. */
function shownAs({ type, key }: SettingDefinition, value: string): string[] {
  if (type === 'duration') return [value, goDuration(value)];
  if (key.startsWith('RATE_'))
    return value.split(/[/:]/).map((part) => part.replace(/^([smh])$/, '1$1'));
  // A mirror takes the place of the registry.
  if (type === 'image') return [value.replace(/^[^/]*[.:][^/]*\//, '')];
  if (isListType(type)) return value.split(',').map((entry) => entry.trim());
  return [value, encodeURIComponent(value)];
}

/** Numbers that follow from a setting by arithmetic, and stay numbers. */
function isDerived(key: string, path: string, place: string, leaf: string): boolean {
  // Groups of secrets have numbers by the project's name; the wait after a refusal by the rate.
  if (key === 'PROJECT_NAME') return place.includes('/group_add/') && /^\d+$/.test(leaf);
  return key.startsWith('RATE_') && path.endsWith('nginx.conf') && /^"?\d+"?;?$/.test(leaf);
}

describe.each(definitions.map((definition) => [definition.key, definition] as const))(
  '%s',
  (key, definition) => {
    const changesStructure = definition.type === 'enum' || definition.type === 'boolean';

    it('is in every file the value that it is in .env and changes nothing else, or is refused with its place', async () => {
      let written = 0;
      const property = fc.asyncProperty(
        fc.constantFrom(...bases),
        valuesOf(definition),
        async ([name, env], value) => {
          fc.pre(value !== '');
          let text: string;
          try {
            text = setInEnv(env, key, value);
          } catch {
            // A text with every kind of quote has no notation in a .env file.
            fc.pre(false);
            return;
          }
          let now: Rendering;
          try {
            now = await renderFiles({ '.env': text, ...own }, { sample: true });
          } catch (error) {
            expect(error).toBeInstanceOf(JackerError);
            const { exitCode, problems } = error as JackerError;
            expect(exitCode).toBe(2);
            for (const { where, hint } of problems) {
              expect(where?.file).toMatch(/^\/.*\.env$|^services\/own\//);
              expect(hint).toBeTruthy();
            }
            return;
          }
          const before = rendered.get(name)!;
          const paths = [...before.tree.keys(), ...before.secret.keys()].sort();
          const nowPaths = [...now.tree.keys(), ...now.secret.keys()].sort();
          if (changesStructure) {
            for (const path of nowPaths) leavesOfFile(now, path);
            written++;
            return;
          }
          expect(nowPaths).toEqual(paths);
          for (const path of paths) {
            const [old, fresh] = [before, now].map(
              (one) => (one.tree.get(path) ?? one.secret.get(path))?.content,
            );
            if (old === fresh) continue;
            written += compare(leavesOfFile(before, path), leavesOfFile(now, path), value, path);
          }
        },
      );
      const compare = (old: Leaves, fresh: Leaves, value: string, path: string): number => {
        const collapse = (place: string): string =>
          isListType(definition.type) ? place.replace(/\/\d+/g, '') : place;
        expect(new Set([...fresh.keys()].map(collapse)), path).toEqual(
          new Set([...old.keys()].map(collapse)),
        );
        let changed = 0;
        const forms = shownAs(definition, value);
        for (const [place, leaf] of fresh) {
          // A label that names the version of what a container mounts.
          if (old.get(place) === leaf || place.endsWith('/io.jacker.config')) continue;
          // What follows a list that became longer or shorter stands elsewhere.
          if (isListType(definition.type) && [...old.values()].includes(leaf)) continue;
          const isShown = forms.some((form) => leaf.includes(form));
          const text = `${path} ${place}: ${leaf}`;
          expect(isShown || isDerived(key, path, place, leaf), text).toBe(true);
          changed++;
        }
        return changed;
      };
      // The same values each time: a run in which none was accepted would show nothing.
      await fc.assert(property, { numRuns: 20, seed: 20 });
      const decides = key.startsWith('SERVICES_') || unwritten.has(key);
      if (!decides) expect(written).toBeGreaterThan(0);
    }, 240_000);
  },
);

it('no type of setting is left out', () => {
  const covered = new Set([...ownSettings.map(({ type }) => type), 'boolean', 'enum', 'registry']);
  for (const { type } of definitions) expect(covered).toContain(type);
  expect(stringify(ownTemplates.map(([format]) => format).sort())).toBe(
    stringify([
      'acl',
      'css',
      'haproxy',
      'hba',
      'html',
      'ini',
      'json',
      'nginx',
      'postgres',
      'redis',
      'shell',
      'sql',
      'text',
      'toml',
      'yaml',
    ]),
  );
});
