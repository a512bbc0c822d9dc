import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-DEV-01';

export const devices: Control = {
  id,
  title: 'No container has a device of the host',
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'A disk, the memory or a kernel interface given to a container is a way around every other limit.',
  references: ['CIS Docker Benchmark 5.18', 'NIST SP 800-190 4.4.3'],
  blindSpots: ['Which device is dangerous is not judged: every one needs an exception.'],
  remedy: 'Take devices and device_cgroup_rules out, or declare an exception with a reason.',
  static: (model) =>
    checkServices(model, id, ['devices', 'device_cgroup_rules'], (service) => {
      const rules = [service['device_cgroup_rules'] ?? []].flat();
      const found = [...(service.devices ?? []), ...rules];
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected: 'none',
        seen: found.length === 0 ? 'none' : JSON.stringify(found),
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
    pass: [exampleService({}), exampleService({ devices: [] })],
    fail: [
      exampleService({ devices: ['/dev/sda:/dev/sda'] }),
      exampleService({ device_cgroup_rules: ['c 1:3 mr'] }),
    ],
  },
};
