import { describe, expect, it } from 'vitest';
import { mergedDocument } from '../../src/controls/compose/merged-document.ts';
import type { StaticModel } from '../../src/controls/control.ts';
import { controls } from '../../src/controls/registry.ts';
import { renderPrepared } from '../../src/usecases/prepare.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';
import { goldenCases } from '../render/golden-cases.ts';
import { addSample, prepareFixture, writeProject } from '../render/project-fixture.ts';

async function modelOf(env: string): Promise<StaticModel> {
  const directory = await temporaryFolder();
  await writeProject(directory, { '.env': env });
  await addSample(directory);
  const prepared = await prepareFixture(directory);
  const { tree, secret } = await renderPrepared(prepared);
  const { stack, settings } = prepared.project;
  const files = new Map([...tree, ...secret].map(([path, file]) => [path, file.content]));
  return { document: mergedDocument(tree), project: { stack, settings, files } };
}

describe('the platform itself', () => {
  it('passes every static check but for declared exceptions', async () => {
    const model = await modelOf(goldenCases['sample']!.env);
    const open = controls
      .flatMap((control) =>
        (control.static?.(model) ?? []).map((result) => ({ control: control.id, ...result })),
      )
      .filter((result) => result.status === 'unknown' || result.status === 'fail')
      .filter((result) => result.exception === undefined);
    expect(open).toEqual([]);
  });

  it('shows the socket proxy as the one exception', async () => {
    const model = await modelOf(goldenCases['sample']!.env);
    const excepted = controls
      .flatMap((control) =>
        (control.static?.(model) ?? []).map((result) => ({ control: control.id, ...result })),
      )
      .filter((result) => result.exception !== undefined);
    expect(excepted.map(({ control, subject }) => `${control} ${subject}`)).toEqual([
      'J-SOCK-01 socket-proxy-sample',
    ]);
  });

  it('fails when one line of what was rendered is softened', async () => {
    const model = await modelOf(goldenCases['sample']!.env);
    const project = model.project!;
    const soften = (path: string, from: string, to: string): string[] => {
      const text = project.files.get(path)!;
      expect(text, path).toContain(from);
      const files = new Map(project.files).set(path, text.replace(from, to));
      const changed = { ...model, project: { ...project, files } };
      return controls
        .filter((control) =>
          control.static?.(changed).some((result) => result.status === 'fail' && !result.exception),
        )
        .map((control) => control.id);
    };
    expect(soften('config/traefik/traefik.yml', 'insecure: false', 'insecure: true')).toEqual([
      'CRIT-002',
    ]);
    expect(soften('config/traefik/dynamic/tls.yml', 'VersionTLS12', 'VersionTLS10')).toEqual([
      'CRIT-003',
    ]);
    expect(soften('config/postgres/pg_hba.conf', 'hostssl', 'host')).toEqual(['MED-005']);
    expect(
      soften('config/postgres/pg_hba.conf', 'local all postgres peer', 'host all all all trust'),
    ).toEqual(['CRIT-001', 'MED-005']);
    expect(
      soften('secrets/oauth.oauth2-proxy.cfg', 'cookie_secure = true', 'cookie_secure = false'),
    ).toEqual(['CRIT-004']);
    expect(
      soften(
        'secrets/oauth.oauth2-proxy.cfg',
        'csrf_per_request = true',
        'csrf_per_request = false',
      ),
    ).toEqual(['MED-004']);
    expect(soften('secrets/redis.users.acl', 'default off', 'default on')).toEqual(['LOW-004']);
    expect(
      soften(
        'config/socket-proxy-sample/haproxy.cfg',
        'http-request allow',
        'http-request allow if TRUE\n  http-request allow',
      ),
    ).toEqual(['LOW-002']);
  });
});
