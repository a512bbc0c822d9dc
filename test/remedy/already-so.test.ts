import { describe, expect, it } from 'vitest';
import type { ServiceChange } from '../../src/controls/control.ts';
import { isAlreadySo } from '../../src/remedy/already-so.ts';

const document = {
  services: {
    db: {
      image: 'redis:8',
      user: '70:70',
      cap_drop: ['ALL'],
      tmpfs: '/run',
      deploy: { resources: { limits: { pids: 64 } } },
    },
  },
};
type Change = ServiceChange['change'];
const so = (key: ServiceChange['key'], change: Change, service = 'db'): boolean =>
  isAlreadySo(document, { service, key, change, reason: '' });

describe('what a file says already', () => {
  it.each<[ServiceChange['key'], Change]>([
    [['user'], { kind: 'set', value: '70:70' }],
    [['deploy', 'resources', 'limits', 'pids'], { kind: 'set', value: 64 }],
    [['cap_drop'], { kind: 'add', values: ['ALL'] }],
    [['tmpfs'], { kind: 'add', values: ['/run'] }],
    [['cap_add'], { kind: 'drop', values: ['SYS_ADMIN'] }],
    [['privileged'], { kind: 'remove' }],
  ])('is %j %j', (key, change) => {
    expect(so(key, change)).toBe(true);
  });

  it.each<[ServiceChange['key'], Change]>([
    [['user'], { kind: 'set', value: '0:0' }],
    [['read_only'], { kind: 'set', value: true }],
    [['deploy', 'resources', 'limits', 'pids'], { kind: 'set', value: '64' }],
    [['cap_drop'], { kind: 'add', values: ['ALL', 'CHOWN'] }],
    [['cap_drop'], { kind: 'drop', values: ['ALL'] }],
    [['user'], { kind: 'remove' }],
    [['user', 'toString'], { kind: 'set', value: 'x' }],
  ])('is not %j %j', (key, change) => {
    expect(so(key, change)).toBe(false);
  });

  it('is nothing of a service that is not there', () => {
    expect(so(['privileged'], { kind: 'remove' }, 'other')).toBe(false);
  });
});
