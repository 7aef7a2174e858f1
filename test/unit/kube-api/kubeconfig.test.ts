// Which API server a kubeconfig names, and as whom we ask it.
import { delimiter } from 'node:path';
import { renderIssue } from '../../../src/base/result.ts';
import { findKubeAccess } from '../../../src/kube-api/find-access.ts';
import { readKubeconfig } from '../../../src/kube-api/kubeconfig.ts';
import { TempFolder } from '../../support/temp-folder.ts';

const file = (text: string, path = '/home/me/.kube/config') => ({ path, text });
const config = (cluster: string, user = '{}', more = '') => `
apiVersion: v1
kind: Config
current-context: here
clusters: [{name: c, cluster: ${cluster}}]
users: [{name: u, user: ${user}}]
contexts: [{name: here, context: {cluster: c, user: u}}]
${more}`;

function read(...texts: readonly string[]) {
  const result = readKubeconfig(texts.map((text, index) => file(text, `/home/me/config-${index}`)));
  if (!result.ok) throw new Error(result.issues.map(renderIssue).join('\n'));
  return result.value;
}

function problems(...texts: readonly string[]): string[] {
  const result = readKubeconfig(texts.map((text) => file(text)));
  return result.ok ? [] : result.issues.map(renderIssue);
}

describe('a kubeconfig', () => {
  it('tells server, certificates and user of its current context; data wins over files, and files stand beside it', () => {
    const data = Buffer.from('CA').toString('base64');
    const access = read(
      config(
        `{server: "https://10.0.0.1:6443/", certificate-authority-data: ${data}, certificate-authority: ca.crt, tls-server-name: k8s}`,
        '{client-certificate: me.crt, client-key: /keys/me.key}',
      ),
    );
    expect(access).toEqual({
      ...{ server: 'https://10.0.0.1:6443', source: '/home/me/config-0', ca: { pem: 'CA' } },
      ...{ skipVerify: false, serverName: 'k8s', proxyUrl: '' },
      user: { certificate: { file: '/home/me/me.crt' }, key: { file: '/keys/me.key' } },
    });
  });

  it('may name a token, a file of one, a password, or a plugin', () => {
    expect(read(config('{server: https://a}', '{token: t}')).user).toEqual({ token: 't' });
    expect(read(config('{server: https://a}', '{tokenFile: t}')).user).toEqual({ tokenFile: '/home/me/t' });
    expect(read(config('{server: https://a}', '{username: me, password: p}')).user).toEqual({
      basic: { username: 'me', password: 'p' },
    });
    const exec =
      '{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./aws, args: [a], env: [{name: A, value: b}]}}';
    expect(read(config('{server: https://a}', exec)).user.exec).toEqual({
      ...{ apiVersion: 'client.authentication.k8s.io/v1', command: '/home/me/aws', args: ['a'], env: { A: 'b' } },
    });
  });

  it('of several files is one: the first that names something counts', () => {
    const second = config('{server: https://second}', '{token: second}').replace('here', 'there');
    const clusterOnly = 'clusters: [{name: c, cluster: {server: https://first}}]';
    expect(read(clusterOnly, config('{server: https://second}', '{token: t}'))).toMatchObject({
      ...{ server: 'https://first', user: { token: 't' } },
    });
    expect(read(config('{server: https://first}'), second).server).toBe('https://first');
  });

  it('that is wrong is told with file, line and remedy, every problem at once', () => {
    expect(problems(config('{server: "ftp://a", proxy-url: "socks5://b"}', '{auth-provider: {name: gcp}}'))).toEqual([
      '/home/me/.kube/config:5: clusters[0].cluster.server: "ftp://a" is no address of an API server; write https://HOST:PORT',
      '/home/me/.kube/config:5: clusters[0].cluster.proxy-url: is no address of an HTTP proxy; write http://HOST:PORT or https://HOST:PORT',
      '/home/me/.kube/config:6: users[0].user.auth-provider: is not read: Kubernetes has removed it; use its exec plugin instead (users[].user.exec), as kubectl does since 1.26',
    ]);
    expect(problems(config('{server: https://a}').replace('current-context: here', 'current-context: gone'))).toEqual([
      '/home/me/.kube/config: current-context: has no context "gone"; kubectl config use-context here',
    ]);
    expect(problems(config('{server: https://a}').replace('cluster: c,', 'cluster: d,'))).toEqual([
      '/home/me/.kube/config: has no cluster "d" of context "here"; add it, or name another context',
    ]);
    expect(problems('[]')).toEqual(['/home/me/.kube/config: is no kubeconfig; name one with KUBECONFIG']);
  });

  it('sends nothing in plain text, but on this machine', () => {
    expect(problems(config('{server: "http://127.0.0.1:8001"}'))).toEqual([]);
    expect(problems(config('{server: "http://10.0.0.1"}'))[0]).toContain('is plain HTTP');
  });
});

describe('the API server is found', () => {
  let folder: TempFolder;

  beforeEach(() => {
    folder = new TempFolder();
  });

  afterEach(() => folder.remove());

  const find = (env: Readonly<Record<string, string>>) => {
    const result = findKubeAccess({ env, serviceAccount: folder.at('sa') });
    return result.ok ? result.value.server : result.issues.map(renderIssue);
  };

  it('by KUBECONFIG, where of several files a missing one is passed over', () => {
    folder.write('a', config('{server: https://named}'));
    expect(find({ KUBECONFIG: `${folder.at('gone')}${delimiter}${folder.at('a')}`, HOME: '/nowhere' })).toBe(
      'https://named',
    );
    expect(find({ KUBECONFIG: folder.at('gone') })).toEqual([expect.stringContaining("can't be read")]);
  });

  it('by the file at home', () => {
    folder.write('.kube/config', config('{server: https://home}'));
    expect(find({ HOME: folder.path, KUBERNETES_SERVICE_HOST: '10.96.0.1' })).toBe('https://home');
  });

  it('by the service account of the pod, with an IPv6 address too', () => {
    folder.write('sa/token', 'secret');
    const pod = { HOME: folder.path, KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    expect(find(pod)).toBe('https://[fd00::1]:443');
  });

  it('or not, and then it says where it looked', () => {
    expect(find({ HOME: folder.path })).toEqual([
      `no API server is named: KUBECONFIG is not set, and this is no pod with a service account; set KUBECONFIG, or write ${folder.at('.kube/config')} (kubectl config view shows what kubectl uses)`,
    ]);
  });
});
