import {
  deviceRulesOf,
  deviceSources,
  isTakeoverDevice,
  isTakeoverRule,
} from '../compose/host-devices.ts';
import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-DEV-01';

export const devices: Control = {
  id,
  title: 'No container has a device that opens the host',
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'A disk, the memory or a kernel interface given to a container is a way around every other limit.',
  references: ['CIS Docker Benchmark 5.18', 'NIST SP 800-190 4.4.3'],
  blindSpots: [
    'In a file that is not of Jacker, disks, memory and kernel interfaces are known by their names; a graphics card, sound or serial adapter is not objected to. In a project of Jacker every device needs an exception.',
  ],
  remedy:
    'Take devices and device_cgroup_rules out; give the program the one device that it needs, not a disk, memory or all of /dev.',
  static: (model) =>
    checkServices(model, id, ['devices', 'device_cgroup_rules'], (service, name, known) => {
      const devices = deviceSources(service).filter(
        (path) => known !== undefined || isTakeoverDevice(path),
      );
      const rules = deviceRulesOf(service).filter(
        (rule) => known !== undefined || isTakeoverRule(rule),
      );
      const found = [...devices, ...rules];
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected: 'none',
        seen: found.join(', ') || 'none',
        ...(devices.length === 0 && rules.length > 0
          ? { location: ['services', name, 'device_cgroup_rules'] }
          : {}),
      };
    }),
  probe: (context) =>
    probeContainers(
      context,
      id,
      'docker inspect HostConfig.Devices, DeviceCgroupRules, DeviceRequests',
      ({ facts: { host } }) => {
        const found = [
          ...host.devices.map((device) => device.host),
          ...host.deviceCgroupRules,
          ...(host.deviceRequests > 0 ? [`${host.deviceRequests} device requests`] : []),
        ];
        return {
          status: found.length === 0 ? 'pass' : 'fail',
          expected: 'none',
          seen: found.join(', ') || 'none',
        };
      },
    ),
  examples: {
    pass: [
      exampleService({}),
      exampleService({ devices: [] }),
      exampleService({
        devices: ['/dev/dri:/dev/dri', '/dev/net/tun', '/dev/ttyUSB0:/dev/ttyACM0'],
      }),
      exampleService({ devices: [{ source: '/dev/snd', target: '/dev/snd' }], gpus: 'all' }),
      exampleService({ devices: ['vendor1.com/device=gpu'] }),
      exampleService({ device_cgroup_rules: ['c 189:* rmw', 'c 1:3 mr'] }),
    ],
    fail: [
      exampleService({ devices: ['/dev/sda:/dev/sda'] }),
      exampleService({ devices: ['/dev/sda:/dev/xvda:r'] }),
      exampleService({ devices: [{ source: '/dev/mem', target: '/dev/mem' }] }),
      exampleService({ devices: ['/dev/kmsg'] }),
      exampleService({ devices: ['/dev/mapper/vg-root:/dev/data'] }),
      exampleService({ devices: ['/dev:/dev'] }),
      exampleService({ device_cgroup_rules: ['a *:* rwm'] }),
      exampleService({ device_cgroup_rules: ['b 8:0 r'] }),
      exampleService({ device_cgroup_rules: ['c *:* rmw'] }),
    ],
  },
};
