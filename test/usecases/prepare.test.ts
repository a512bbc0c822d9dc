import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ComposeDocument } from '../../src/harden/compose-model.ts';
import { imageReference, pinned, renderPrepared, secretSpecs } from '../../src/usecases/prepare.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';
import { fileOf, prepareFixture, renderFiles, writeProject } from '../render/project-fixture.ts';

async function prepare(env: string) {
  const directory = await temporaryFolder();
  await writeProject(directory, { '.env': env });
  return prepareFixture(directory);
}
const digest = `sha256:${'a'.repeat(64)}`;

describe('the image of a service', () => {
  it.each([
    ['', 'redis:8.10.1-alpine'],
    ['IMAGE_MIRROR=mirror.test/x\n', 'mirror.test/x/library/redis:8.10.1-alpine'],
    ['REDIS_IMAGE=other.test/redis:8\n', 'other.test/redis:8'],
  ])('with %j is %s', async (env, expected) => {
    const { project } = await prepare(`DOMAIN=example.test\n${env}`);
    const redis = project.stack.services.find(({ name }) => name === 'redis')!;
    expect(imageReference(project, redis)).toBe(expected);
  });

  it('carries the digest it is pinned to; one that has a digest keeps it', () => {
    expect(pinned('redis:8', { 'redis:8': digest })).toBe(`redis:8@${digest}`);
    expect(pinned('redis:8', {})).toBe('redis:8');
    expect(pinned(`redis:8@${digest}`, { [`redis:8@${digest}`]: 'sha256:b' })).toBe(
      `redis:8@${digest}`,
    );
  });
});

describe('preparing a project', () => {
  it('knows every secret of the stack once, the authority apart', async () => {
    const { project } = await prepare('DOMAIN=example.test\n');
    const names = secretSpecs(project.stack).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('ca.key');
    expect(names).toContain('edge-certificate-key');
  });

  it('names every secret that is missing, with what to do for each', async () => {
    const prepared = await prepare(
      'DOMAIN=example.test\nAUTH_MODE=oauth\nOAUTH_PROVIDER=github\nOAUTH_CLIENT_ID=x\nOAUTH_ALLOWED_EMAILS=a@example.test\nOAUTH_PRIVATE_CA=true\n',
    );
    const read = async (name: string) => (name === 'redis-admin' ? 'there' : null);
    const error = await renderPrepared({
      ...prepared,
      secrets: { ...prepared.secrets, read },
    }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'secret-missing', exitCode: 2 });
    const { problems } = error as { problems: { where: { file: string }; hint: string }[] };
    const hints = new Map(problems.map(({ where, hint }) => [where.file, hint]));
    expect(hints.get('secrets/oauth-client-secret')).toMatch(/^In bash: IFS= read -rsp/);
    expect(hints.get('secrets/oauth-provider-ca')).toBe(
      'Copy your file there: install -m 0440 FILE secrets/oauth-provider-ca',
    );
    expect(hints.get('secrets/redis-oauth')).toMatch(/jacker secrets generate/);
    expect(hints.has('secrets/redis-admin')).toBe(false);
  });

  it('gives only the readers of a secret the group that may read it', async () => {
    const { project, tree } = await renderFiles({ '.env': 'DOMAIN=example.test\n' });
    const composed = project.stack.services.map(({ name }) => {
      const document = parse(
        fileOf({ tree, secret: new Map(), configs: new Map() }, `compose/${name}.yml`),
      ) as ComposeDocument;
      const service = document.services[name]!;
      return {
        secrets: (service.secrets ?? []).map((entry) =>
          typeof entry === 'string' ? entry : entry.source,
        ),
        groups: (service.group_add ?? []).map(String),
      };
    });
    for (const [index, one] of composed.entries()) {
      for (const other of composed.slice(index + 1)) {
        const shared = one.secrets.filter((secret) => other.secrets.includes(secret));
        const groups = one.groups.filter((group) => other.groups.includes(group));
        expect(groups).toHaveLength(shared.length);
      }
    }
    expect(composed.flatMap(({ secrets }) => secrets).length).toBeGreaterThan(8);
  });

  it('keeps every secret out of the tree that is not secret', async () => {
    const { tree, secret } = await renderFiles({ '.env': 'DOMAIN=example.test\n' });
    for (const [path, { content }] of tree) expect(content, path).not.toContain('fixture-');
    expect([...secret.keys()].every((path) => path.startsWith('secrets/'))).toBe(true);
    expect([...secret.values()].every(({ mode }) => mode === 0o440)).toBe(true);
    // What is checked is there at all: the secret tree holds them.
    expect([...secret.values()].some(({ content }) => content.includes('fixture-'))).toBe(true);
  });
});
