import { chmod, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed } from '../testbed/index.ts';
import { createTestProject, type Run, type TestProject } from './project.ts';
import { visitSample } from './visit-sample.ts';

/** Read by the sample's own Node: a login over the network with the password on standard input. */
const logins = {
  postgres: `
    import pg from 'pg';
    import { readFileSync } from 'node:fs';
    const client = new pg.Client({ host: 'postgres', user: 'sample', database: 'sample',
      password: readFileSync(0, 'utf8'), ssl: { ca: readFileSync('/run/secrets/ca.crt', 'utf8') } });
    try { await client.connect(); console.log('accepted'); await client.end(); }
    catch (error) { console.log(error.code ?? error.message); }`,
  redis: `
    import { createClient } from 'redis';
    import { readFileSync } from 'node:fs';
    const client = createClient({ username: 'sample', password: readFileSync(0, 'utf8'),
      socket: { host: 'redis', port: 6379, reconnectStrategy: false } });
    client.on('error', () => {});
    try { await client.connect(); console.log('accepted'); client.destroy(); }
    catch (error) { console.log(error.message.split(' ')[0]); }`,
};

let project: TestProject;

async function login(store: 'postgres' | 'redis', password: string): Promise<string> {
  const argv = ['exec', '-i', project.container('sample'), 'node', '--input-type=module', '-e'];
  return (await project.docker([...argv, logins[store]], password)).stdout.trim();
}

/** Statements as the superuser, over the local socket. */
async function psql(sql: string, database = 'sample'): Promise<Run> {
  const argv = ['psql', '-X', '-At', '-v', 'ON_ERROR_STOP=1', '-U', 'postgres', '-d', database];
  const result = await project.docker(['exec', '-i', project.container('postgres'), ...argv], sql);
  expect(result.stderr).toBe('');
  return result;
}

/** As a person would: the file is replaced, with whatever owner and mode they have. */
async function replaceSecret(name: string, value: string): Promise<void> {
  await rm(join(project.directory, 'secrets', name));
  await project.write(`secrets/${name}`, value);
  await chmod(join(project.directory, 'secrets', name), 0o600);
}

describe('the data of an application', () => {
  beforeAll(async () => {
    project = await createTestProject(await ensureTestbed(), { sample: true });
    await project.succeed(['up']);
  });
  afterAll(() => project.remove());

  it('survives down and up', async () => {
    const before = await visitSample(project);
    await project.succeed(['down']);
    await project.succeed(['up']);
    expect(await visitSample(project)).toEqual({
      postgres: before.postgres + 1,
      redis: before.redis + 1,
    });
  });

  it('is reached with a password changed by hand after up, and no longer with the old one', async () => {
    const before = await visitSample(project);
    for (const store of ['postgres', 'redis'] as const) {
      const old = await project.read(`secrets/${store}-sample`);
      const changed = 'TheNewOneOf40LettersAndDigits0123456789A';
      await replaceSecret(`${store}-sample`, changed);
      await project.succeed(['up']);
      expect(await login(store, changed)).toBe('accepted');
      expect(await login(store, old)).toBe({ postgres: '28P01', redis: 'WRONGPASS' }[store]);
      const { mode, gid } = await stat(join(project.directory, `secrets/${store}-sample`));
      expect(mode & 0o777).toBe(0o440);
      expect(gid).toBeGreaterThanOrEqual(40_000);
    }
    expect(await visitSample(project)).toEqual({
      postgres: before.postgres + 1,
      redis: before.redis + 1,
    });
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
  });

  it('is closed again by up where somebody opened it', async () => {
    await psql(`
      alter role sample superuser createrole bypassrls;
      alter role sample_owner login;
      grant pg_read_server_files to sample;
      create role stranger login;
      grant all on database sample to public, stranger;
      grant all on schema public to public;`);
    const { stdout } = await project.succeed(['up', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ changed: true });
    expect((JSON.parse(stdout) as { reconciled: number }).reconciled).toBeGreaterThan(4);
    const roles = await psql(`
      select rolname, rolsuper, rolcreaterole, rolbypassrls, rolcanlogin,
        (select count(*) from pg_auth_members where member = r.oid)
      from pg_roles r where rolname like 'sample%' order by rolname`);
    expect(roles.stdout.split('\n')).toEqual(['sample|f|f|f|t|0', 'sample_owner|f|f|f|f|0']);
    const open = await psql(`
      select has_database_privilege('stranger', 'sample', 'connect'),
        has_schema_privilege('stranger', 'public', 'usage, create')`);
    expect(open.stdout).toBe('f|f');
    await visitSample(project);
    expect((await project.succeed(['up'])).stdout).toBe('No changes.');
  });

  it('is usable again by up after somebody dropped the role', async () => {
    await psql('drop owned by sample cascade; drop role sample;');
    await project.succeed(['up']);
    expect(await login('postgres', await project.read('secrets/postgres-sample'))).toBe('accepted');
    expect((await visitSample(project)).postgres).toBe(1);
  });

  it('gets roles and a database on a volume that was there before them', async () => {
    await project.docker(['stop', project.container('sample')]);
    await psql('drop database sample with (force);', 'postgres');
    await psql('drop role sample; drop role sample_owner;', 'postgres');
    await psql('create table older (n int); insert into older values (7);', 'postgres');
    await project.succeed(['down']);
    await project.succeed(['up']);
    expect((await visitSample(project)).postgres).toBe(1);
    expect((await psql('select n from older', 'postgres')).stdout).toBe('7');
    const extension = await psql("select extname from pg_extension where extname = 'pgcrypto'");
    expect(extension.stdout).toBe('pgcrypto');
  });
});
