import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCredentialLookup } from '../../src/docker/registry-credentials.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { installFakeDocker, type FakeDocker } from './fake-docker.ts';

let folder: string;
let helper: FakeDocker | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jacker-credentials-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await helper?.remove();
  helper = undefined;
});

async function lookup(config: string, path = '') {
  await writeFile(join(folder, 'config.json'), config);
  return createCredentialLookup(nodeFileSystem(), { DOCKER_CONFIG: folder, PATH: path });
}

const encode = (text: string) => Buffer.from(text).toString('base64');

describe('the login for a registry', () => {
  it('is what docker login stored, under Docker Hub’s old name too', async () => {
    const find = await lookup(
      JSON.stringify({
        auths: {
          'registry.test:5000': { auth: encode('me:pa:ss') },
          'https://index.docker.io/v1/': { auth: encode('hub:word') },
          'token.test': { identitytoken: 'opaque' },
        },
      }),
    );
    expect(await find('registry.test:5000')).toEqual({
      username: 'me',
      password: 'pa:ss',
      serveraddress: 'registry.test:5000',
    });
    expect(await find('docker.io')).toMatchObject({ username: 'hub', password: 'word' });
    expect(await find('token.test')).toMatchObject({ identitytoken: 'opaque' });
    expect(await find('other.test')).toBeNull();
  });

  it('is asked from a credential helper, the server on its input', async () => {
    helper = await installFakeDocker(
      `read -r server; echo "{\\"Username\\":\\"$server-user\\",\\"Secret\\":\\"word\\"}"`,
      'docker-credential-vault',
    );
    const config = { credHelpers: { 'registry.test': 'vault' } };
    const find = await lookup(JSON.stringify(config), helper.path);
    expect(await find('registry.test')).toMatchObject({
      username: 'registry.test-user',
      password: 'word',
    });
    expect((await helper.calls()).map(({ argv }) => argv)).toEqual([['get']]);
  });

  it('is none where the helper knows none', async () => {
    helper = await installFakeDocker(
      'echo "credentials not found in native keychain"; exit 1',
      'docker-credential-store',
    );
    const find = await lookup(JSON.stringify({ credsStore: 'store' }), helper.path);
    expect(await find('registry.test')).toBeNull();
  });

  it('is none without a configuration', async () => {
    const find = createCredentialLookup(nodeFileSystem(), { DOCKER_CONFIG: folder });
    expect(await find('docker.io')).toBeNull();
  });

  it('never appears in the error about a broken file or helper', async () => {
    const broken = await lookup('{"auths": {"registry.test": {"auth": "aHVudGVyMg=="');
    await expect(broken('registry.test')).rejects.toThrow(/cannot be read/);
    await expect(broken('registry.test')).rejects.not.toThrow(/aHVu/);
    helper = await installFakeDocker('echo hunter2-is-the-word', 'docker-credential-odd');
    const odd = await lookup(JSON.stringify({ credsStore: 'odd' }), helper.path);
    await expect(odd('registry.test')).rejects.toThrow(/not understood/);
    await expect(odd('registry.test')).rejects.not.toThrow(/hunter2/);
  });
});
