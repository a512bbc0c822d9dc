import { describe, expect, it } from 'vitest';
import { capabilitiesOf, capabilityName } from '../../../src/controls/reading/capability.ts';

describe('capabilities', () => {
  it('are read from a mask', () => {
    expect(capabilitiesOf('0000000000000000')).toEqual([]);
    expect(capabilitiesOf('0')).toEqual([]);
    expect(capabilitiesOf('0000000000200001')).toEqual(['CHOWN', 'SYS_ADMIN']);
    expect(capabilitiesOf('000001ffffffffff')).toHaveLength(41);
  });

  it('that this list does not know yet are not lost', () => {
    expect(capabilitiesOf('8000000000000000')).toEqual(['capability 63']);
    expect(capabilitiesOf('ffffffffffffffff')).toHaveLength(64);
  });

  it('are refused where there is no mask', () => {
    expect(() => capabilitiesOf('')).toThrow();
    expect(() => capabilitiesOf('none')).toThrow();
  });

  it('have one name', () => {
    for (const name of ['net_raw', 'CAP_NET_RAW', 'cap_net_raw', 'NET_RAW']) {
      expect(capabilityName(name)).toBe('NET_RAW');
    }
  });
});
