import type { ComposeService } from '../harden/compose-model.ts';
import { capabilityName } from '../controls/reading/capability.ts';
import type { RemedyChange } from './remedy-change.ts';
import type { Grants } from './trial-grants.ts';

/** A key that a service did not work with, and what it said. */
export interface Refuted {
  service: string;
  key: string;
  why: string;
}

/** The changes that leave a service with what trials showed that it needs. */
export function provenChanges(
  name: string,
  service: ComposeService,
  grants: Grants,
): RemedyChange[] {
  const changes: RemedyChange[] = [];
  const add = (
    control: string,
    key: RemedyChange['key'],
    change: RemedyChange['change'],
    reason: string,
  ): void => {
    changes.push({ service: name, control, key, change, reason, ground: 'proven' });
  };
  const { user, capabilities, noNewPrivileges, scratch, memory, pids } = grants;
  if (user !== undefined) {
    add('MED-001', ['user'], { kind: 'set', value: user }, 'it works without being root');
  }
  if (capabilities !== undefined) {
    const given = service.cap_add ?? [];
    const needless = given.filter((one) => !capabilities.includes(capabilityName(one)));
    const missing = capabilities.filter((one) => !given.some((old) => capabilityName(old) === one));
    const why =
      capabilities.length === 0 ? 'it needs no capability' : 'it needs none but those in cap_add';
    if (!(service.cap_drop ?? []).some((one) => one.toUpperCase() === 'ALL')) {
      add('MED-002', ['cap_drop'], { kind: 'add', values: ['ALL'] }, why);
    }
    if (needless.length > 0) {
      add('MED-002', ['cap_add'], { kind: 'drop', values: needless }, 'it works without');
    }
    if (missing.length > 0) {
      add('MED-002', ['cap_add'], { kind: 'add', values: missing }, 'one less breaks it');
    }
  }
  if (noNewPrivileges) {
    const values = ['no-new-privileges:true'];
    add('J-NNP-01', ['security_opt'], { kind: 'add', values }, 'nothing in it gains privileges');
  }
  if (scratch !== undefined) {
    const why =
      scratch.length === 0 ? 'it writes to its volumes only' : 'it writes to no other folder';
    add('J-FS-01', ['read_only'], { kind: 'set', value: true }, why);
    if (scratch.length > 0) {
      const values = scratch.map(({ path, options }) => `${path}:${options}`);
      add('J-FS-01', ['tmpfs'], { kind: 'add', values }, 'one less breaks it');
    }
  }
  if (memory !== undefined && service['deploy'] === undefined) {
    const why = 'it works with it; at least four times what it used at rest';
    add('J-RES-01', ['mem_limit'], { kind: 'set', value: `${memory}m` }, why);
  }
  if (pids !== undefined && service['deploy'] === undefined) {
    const why = 'it works with it; at least four times what it used at rest';
    add('MED-003', ['pids_limit'], { kind: 'set', value: pids }, why);
  }
  return changes;
}
