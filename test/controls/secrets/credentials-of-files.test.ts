import { describe, expect, it } from 'vitest';
import { controls } from '../../../src/controls/registry.ts';
import { stackOf } from '../../compose/stack-of.ts';

/** What the controls of credentials find: control, service, and the line that it is about. */
async function findings(files: Readonly<Record<string, string>>): Promise<string[]> {
  const stack = await stackOf(files);
  const { document, open, origin, gaps } = stack;
  return controls
    .filter(({ id }) => id.startsWith('J-CRD-') || id === 'HIGH-003')
    .flatMap(({ id, static: check }) =>
      (check?.({ document, open, origin, gaps }) ?? [])
        .filter(({ status }) => status === 'fail')
        .map(({ subject, location }) => {
          const { file, line } = stack.locate(location);
          return `${id} ${subject} ${file}:${String(line)}`;
        }),
    );
}

const strong = 'v9Xk2mQ7pLr4Tz8W';

describe('a credential', () => {
  it.each([
    ['POSTGRES_PASSWORD: ${DB_PASSWORD:-changeme}', '', ['J-CRD-05']],
    [`POSTGRES_PASSWORD: \${DB_PASSWORD:-${strong}}`, '', ['J-CRD-01']],
    ['POSTGRES_PASSWORD: ${DB_PASSWORD}', `DB_PASSWORD=${strong}`, ['J-CRD-03']],
    ['POSTGRES_PASSWORD: ${DB_PASSWORD}', 'DB_PASSWORD=changeme', ['J-CRD-05']],
    ['POSTGRES_PASSWORD: ${DB_PASSWORD}', 'DB_PASSWORD=ab12', ['J-CRD-08']],
    [`POSTGRES_PASSWORD: ${strong}`, '', ['J-CRD-01']],
    [`DATABASE_URL: postgres://app:${strong}@db/app`, '', ['J-CRD-02']],
    ['DATABASE_URL: postgres://app:${PW}@db/app', `PW=${strong}`, []],
    ['POSTGRES_PASSWORD_FILE: /run/secrets/db', '', []],
  ])('is one finding, by where it comes from: %s with %s', async (line, env, expected) => {
    const compose = `services:\n  db:\n    image: postgres:17\n    environment:\n      ${line}\n`;
    const found = await findings({ 'compose.yml': compose, '.env': env });
    expect(found).toEqual(expected.map((id) => `${id} db compose.yml:5`));
  });

  it('is known in a list and in a file of variables, with its place there', async () => {
    const found = await findings({
      'compose.yml': `services:
  db:
    image: postgres:17
    env_file: db.env
    environment:
      - POSTGRES_PASSWORD=\${PW:-${strong}}
`,
      'db.env': 'REPLICATION_PASSWORD=hunter2\n',
    });
    expect(found).toEqual(['J-CRD-05 db db.env:1', 'J-CRD-01 db compose.yml:6']);
  });
});
