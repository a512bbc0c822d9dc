import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Control } from '../../src/controls/control.ts';
import { controlById, controls } from '../../src/controls/registry.ts';

const folder = join(import.meta.dirname, '../../src/controls');
const domains = ['isolation', 'edge', 'secrets', 'data', 'supply-chain', 'operations'];

/** The controls that each file of the domain folders exports. */
async function exportedControls(): Promise<Map<string, Control[]>> {
  const found = new Map<string, Control[]>();
  for (const domain of domains) {
    for (const file of readdirSync(join(folder, domain))) {
      const path = join(folder, domain, file);
      const module = (await import(path)) as Record<string, unknown>;
      found.set(`${domain}/${file}`, Object.values(module).filter(isControl));
    }
  }
  return found;
}

function isControl(value: unknown): value is Control {
  return typeof value === 'object' && value !== null && 'blindSpots' in value;
}

describe('the registry', () => {
  it('has the control of every file, one each', async () => {
    const exported = await exportedControls();
    for (const [file, list] of exported) expect(list.length, file).toBeLessThanOrEqual(1);
    const all = [...exported.values()].flat();
    expect(new Set(controls)).toEqual(new Set(all));
    expect(controls).toHaveLength(all.length);
  });

  it('has no id twice, and finds each by its id', () => {
    const ids = controls.map((control) => control.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const control of controls) expect(controlById(control.id)).toBe(control);
    expect(controlById('J-NONE-01')).toBeUndefined();
  });

  it('has the findings that verify must answer for', () => {
    const ids = controls.map((control) => control.id);
    expect(ids).toEqual(
      expect.arrayContaining([
        ...['CRIT-001', 'CRIT-002', 'CRIT-003', 'CRIT-004', 'CRIT-005'],
        ...['HIGH-001', 'HIGH-003', 'HIGH-006'],
        ...['MED-001', 'MED-002', 'MED-003', 'MED-004', 'MED-005', 'MED-006', 'MED-007'],
        ...['LOW-002', 'LOW-004', 'LOW-005'],
      ]),
    );
  });
});

describe.each(controls.map((control) => [control.id, control] as const))('%s', (_, control) => {
  it('says what it is for, what it cannot see and what to do', () => {
    for (const text of [control.title, control.why, control.remedy]) {
      expect(text.length).toBeGreaterThan(10);
    }
    expect(control.blindSpots.length).toBeGreaterThan(0);
    expect(control.references.length).toBeGreaterThan(0);
    expect(control.static ?? control.probe).toBeDefined();
  });

  it('passes on each of its good examples and fails on each of its bad ones', () => {
    if (!control.static) {
      expect(control.examples).toBeUndefined();
      return;
    }
    const { pass = [], fail = [] } = control.examples ?? {};
    expect(pass.length).toBeGreaterThan(0);
    expect(fail.length).toBeGreaterThan(0);
    for (const model of pass) {
      const statuses = control.static(model).map((result) => result.status);
      expect(statuses).toContain('pass');
      expect(statuses).not.toContain('fail');
      expect(statuses).not.toContain('unknown');
    }
    for (const model of fail) {
      expect(control.static(model).map((result) => result.status)).toContain('fail');
    }
  });
});
