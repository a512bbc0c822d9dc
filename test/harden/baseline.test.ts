import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyBaseline, type BaselineNeeds } from '../../src/harden/baseline.ts';
import { mergeOverride } from '../../src/harden/override.ts';

const needs: BaselineNeeds = {
  identity: '1000:2000',
  memory: '64m',
  cpus: 0.5,
  pids: 20,
  temporary: [],
  capabilities: [],
  health: { test: ['CMD', 'true'], interval: '5s', timeout: '5s', retries: 3, start: '1s' },
};
const hardened = {
  user: '1000:2000',
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  privileged: false,
  read_only: true,
  pids_limit: 20,
  mem_limit: '64m',
  memswap_limit: '64m',
  cpus: 0.5,
  restart: 'unless-stopped',
  ulimits: { nofile: { soft: 4096, hard: 8192 }, core: 0 },
  logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
};

describe('the baseline', () => {
  it('is on every service, beside what its fragment says', () => {
    const service = applyBaseline({ image: 'a:1', command: ['run'] }, needs);
    expect(service).toMatchObject({ image: 'a:1', command: ['run'], ...hardened });
    expect(service).not.toHaveProperty('cap_add');
    expect(service).not.toHaveProperty('tmpfs');
  });

  it('wins over whatever a fragment says about the same keys', () => {
    const keys = Object.keys({ ...hardened, healthcheck: 0 });
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()), (fragment) => {
        expect(applyBaseline(fragment, needs)).toEqual(applyBaseline({}, needs));
      }),
    );
  });

  it('gives back a capability only where an exception names it, in a fixed order', () => {
    const service = applyBaseline({}, { ...needs, capabilities: ['SETUID', 'CHOWN'] });
    expect(service).toMatchObject({ cap_drop: ['ALL'], cap_add: ['CHOWN', 'SETUID'] });
  });

  it("makes places to write sized, of the service's user, and without programs unless it says so", () => {
    const temporary = [
      { path: '/tmp', size: '8m', exec: false },
      { path: '/run/x', size: '1m', exec: true },
    ];
    expect(applyBaseline({}, { ...needs, temporary }).tmpfs).toEqual([
      '/tmp:noexec,nosuid,nodev,size=8m,mode=0700,uid=1000,gid=2000',
      '/run/x:exec,nosuid,nodev,size=1m,mode=0700,uid=1000,gid=2000',
    ]);
  });
});

describe('merging an override', () => {
  it('adds variables and hosts one by one, and replaces the rest', () => {
    const service = {
      image: 'a:1',
      command: ['run'],
      environment: { A: '1', B: '2' },
      extra_hosts: { x: '192.0.2.1' },
      stop_grace_period: '5s',
    };
    expect(
      mergeOverride(service, {
        environment: { B: '3', C: '4' },
        extra_hosts: { y: '192.0.2.2' },
        stop_grace_period: '9s',
      }),
    ).toEqual({
      ...service,
      environment: { A: '1', B: '3', C: '4' },
      extra_hosts: { x: '192.0.2.1', y: '192.0.2.2' },
      stop_grace_period: '9s',
    });
    expect(mergeOverride(service, {})).toEqual(service);
  });
});
