import { describe, expect, it } from 'vitest';
import { anyAddress, isLocalName, publicAddressesOnly } from './address-policy.ts';

const refused: Record<string, readonly string[]> = {
  loopback: [
    '127.0.0.1',
    '127.0.0.2',
    '127.255.255.255',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::FFFF:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::127.0.0.1',
  ],
  private: [
    '::ffff:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b::c0a8:1',
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '192.168.255.255',
  ],
  linkLocal: [
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '169.254.0.1',
    '169.254.169.254',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
  ],
  carrierGradeNat: ['100.64.0.1', '100.100.100.200', '100.127.255.255'],
  unspecified: ['::ffff:0.0.0.0', '64:ff9b::', '0.0.0.0', '0.1.2.3', '0.255.255.255', '::'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1'],
  broadcast: ['255.255.255.255'],
  reserved: [
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.7',
    '203.0.113.9',
    '240.0.0.1',
    '254.255.255.255',
    '2001:db8::1',
    '3fff::1',
    '4000::1', // nobody's yet
    '::7f00:1', // IPv4-compatible 127.0.0.1
    '::808:808',
    '0:0:0:0:0:0:8.8.8.8',
  ],
  uniqueLocal: ['fc00::1', 'fd00::1', 'fd00:ec2::254', 'fdff:ffff::1'],
  ipv4Mapped: ['::127.0.0.1', '::8.8.8.8'],
  '6to4': ['2002:7f00:1::', '2002:a00:1::1', '2002:808:808::1'],
  rfc6052: ['64:ff9b:1::7f00:1', '64:ff9b:1::8.8.8.8', '64:ff9b:1:ffff::1'],
  rfc6145: ['::ffff:0:127.0.0.1'],
  teredo: ['2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  deprecatedSiteLocal: ['fec0::1'],
  discard: ['100::1'],
  segmentRouting: ['5f00::1'],
  platform: ['168.63.129.16', '::ffff:168.63.129.16', '64:ff9b::168.63.129.16'],
  unknown: ['', 'localhost', '127.0.0.1.example', '300.1.1.1', '1:2:3'],
};

const allowed = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '93.184.216.34',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.1',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:81b::200e',
  '2001:4860:4860::8888',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
  '64:ff9b::5db8:d822',
];

const refusals = Object.entries(refused).flatMap(([why, addresses]) => addresses.map((address) => [address, why]));

describe('publicAddressesOnly', () => {
  it.each(refusals)('refuses %s as %s', (address, why) => {
    expect(publicAddressesOnly(address ?? '')).toBe(why);
  });

  it.each(allowed)('allows %s', (address) => {
    expect(publicAddressesOnly(address)).toBeNull();
  });
});

describe('anyAddress', () => {
  it('allows loopback as well', () => {
    expect(anyAddress('127.0.0.1')).toBeNull();
  });
});

describe('isLocalName', () => {
  it.each(['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'a.b.localhost.'])('knows %s', (name) => {
    expect(isLocalName(name)).toBe(true);
  });

  it.each(['localhost.example', 'notlocalhost', 'example.org'])('leaves %s alone', (name) => {
    expect(isLocalName(name)).toBe(false);
  });
});
