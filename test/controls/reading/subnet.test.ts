import { expect, it } from 'vitest';
import { firstAddress } from '../../../src/controls/reading/subnet.ts';

it.each([
  ['10.200.3.0/26', '10.200.3.1'],
  ['10.200.3.64/26', '10.200.3.65'],
  ['172.18.0.0/16', '172.18.0.1'],
  ['fd00::/64', null],
  ['', null],
  ['10.0.0.0', null],
])('the host has the first address of %s', (subnet, address) => {
  expect(firstAddress(subnet)).toBe(address);
});
