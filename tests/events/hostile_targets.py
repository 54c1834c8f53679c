"""Targets that no delivery may reach: what stands in the URL itself, and names whose resolver answers with what is not public."""

from dataclasses import dataclass

PUBLIC = "93.184.215.14"


@dataclass(frozen=True)
class Hostile:
    """A URL, and the addresses that its host resolves to, if it is a name."""

    url: str
    answers: tuple[str, ...] = ()


# Refused at registration already.

_LITERAL = """
http://127.0.0.1/ http://127.0.0.1:80/ http://127.0.0.1:8080/ https://127.0.0.1/ https://127.0.0.1:8443/hook HTTP://127.0.0.1/ http://127.0.0.1
http://127.0.0.1? http://127.0.0.1# http://127.0.0.1./ http://127.1.2.3/ http://127.255.255.254/ http://0.0.0.0/ http://0.0.0.0:9000/ http://0.1.2.3/
http://10.0.0.1/ http://10.255.255.255/ http://172.16.0.1/ http://172.31.255.255/ http://192.168.0.1/ http://192.168.255.255:3000/
http://169.254.0.1/ http://169.254.169.254/latest/meta-data/ http://169.254.169.254./latest/ http://169.254.170.2/v2/credentials
http://100.64.0.1/ http://100.127.255.255/ http://100.100.100.200/latest/meta-data/ http://192.0.0.1/ http://192.0.0.192/opc/v2/ http://168.63.129.16/
http://192.0.2.1/ http://198.51.100.7/ http://203.0.113.9/ http://198.18.0.1/ http://198.19.255.255/ http://192.88.99.1/
http://224.0.0.1/ http://239.255.255.250:1900/ http://240.0.0.1/ http://255.255.255.255/
"""
_IPV4_IN_OTHER_NOTATIONS = """
http://2130706433/ http://2130706433:8080/ http://2130706433./ http://0x7f000001/ http://0X7F000001/ http://0x7F.0.0.1/ http://0x7f.0x0.0x0.0x1/
http://0x7f.1/ http://0x7f.0.1/ http://127.1/ http://127.0.1/ http://127.0x1/ http://127.0.0.0x1/ http://127.0.0.01/ http://127.1./
http://017700000001/ http://0177.0.0.1/ http://0177.0.0.01/ http://0177.1/ http://00000177.0.0.1/ http://0177.0x0.0.1/ http://127.000.000.001/
http://0/ http://0.0/ http://0.0.0/ http://00/ http://0x0/ http://0x/ http://0./ http://0x0.0x0/
http://167772161/ http://0xa000001/ http://0x0a.0.0.1/ http://012.0.0.1/ http://10.1/ http://10.0.1/
http://3232235521/ http://0xc0a80001/ http://0xC0.0xA8.0.1/ http://0300.0250.0.1/ http://192.168.1/ http://192.11010049/
http://2886729729/ http://0xac100001/ http://0254.020.0.1/ http://172.16.1/ http://172.1048577/
http://2852039166/ http://0xa9fea9fe/latest/ http://0xa9.0xfe.0xa9.0xfe/ http://0251.0376.0251.0376/ http://169.254.43518/ http://169.16689662/
http://025177524776/ http://0000000000000000000000251.254.169.254/ http://1684300901/ http://0x64646464/ http://4294967295/ http://0xffffffff/
http://4294967296/ http://6425673729/ http://256.256.256.256/ http://127.0.0.256/ http://383.0.0.1/ http://127.0.0.1.1/ http://1.2.3/ http://09.0.0.1/
http://localhost.127.1/ http://example.com.127.0.0.1/ http://www.0x7f000001/
"""
_IPV6 = """
http://[::]/ http://[::1]/ http://[::1]:8080/ https://[::1]/ http://[0:0:0:0:0:0:0:1]/
http://[0000:0000:0000:0000:0000:0000:0000:0001]/ http://[::]:80/
http://[::127.0.0.1]/ http://[::7f00:1]/ http://[::2]/ http://[::ffff:127.0.0.1]/ http://[::FFFF:127.0.0.1]/ http://[::ffff:7f00:1]/
http://[0:0:0:0:0:ffff:127.0.0.1]/ http://[::ffff:10.0.0.1]/ http://[::ffff:169.254.169.254]/ http://[::ffff:a9fe:a9fe]/
http://[::ffff:93.184.215.14]/
http://[::ffff:0:127.0.0.1]/ http://[64:ff9b::127.0.0.1]/ http://[64:ff9b::7f00:1]/ http://[64:ff9b::a00:1]/ http://[64:ff9b::5db8:d70e]/
http://[64:ff9b:1::7f00:1]/ http://[64:ff9b:1:7f00:0:100::]/ http://[2002:7f00:1::]/ http://[2002:a00:1::1]/ http://[2002:5db8:d70e::1]/
http://[2001:0:5db8:d70e::]/ http://[2001:0:7f00:1::80ff:fffe]/ http://[2001::1]/ http://[2001:2::1]/ http://[2001:10::1]/ http://[2001:20::1]/
http://[2001:db8::1]/ http://[3fff::1]/ http://[5f00::1]/ http://[100::1]/ http://[100:0:0:1::1]/ http://[fc00::1]/ http://[fd00:ec2::254]/latest/
http://[fd12:3456:789a::1]/ http://[fe80::1]/ http://[febf::1]/ http://[fec0::1]/ http://[feff::1]/ http://[ff02::1]/
http://[ff0e::1]/ http://[4000::1]/
http://[2606:4700:4700::5efe:7f00:1]/ http://[2606:4700:4700:0:200:5efe:a00:1]/ http://[2606:4700:4700::5efe:169.254.169.254]/
http://[fe80::1%25eth0]/ http://[fe80::1%eth0]/ http://[::1%25lo]/ http://[2606:4700::1111%251]/ http://[v1.::1]/ http://[127.0.0.1]/
http://[::1/ http://::1/ http://::1]/ http://[[::1]]/ http://[::1].example.com/ http://[::1]example.com/ http://[]/ http://[:::1]/ http://[::1]:80:80/
"""
_LOCAL_NAMES = """
http://localhost/ http://localhost:3000/hook https://localhost/ http://LOCALHOST/ http://LocalHost:8080/ http://localhost./ http://localhost.:8080/
http://a.localhost/ http://hook.LOCALHOST/ http://a.b.localhost:9000/ http://a.localhost./
"""
_READ_OTHERWISE = r"""
http://good@127.0.0.1/ http://good:secret@127.0.0.1/ http://127.0.0.1@93.184.215.14/ http://93.184.215.14@127.0.0.1/
http://@127.0.0.1/ http://:@127.0.0.1/
http://a@b@127.0.0.1/ http://127.0.0.1:80@example.com/ http://example.com%40127.0.0.1/ http://example.com:80@127.0.0.1:8080/ http://%61@127.0.0.1/
http://127.0.0.1\@example.com/ http://example.com\@127.0.0.1/ http://example.com\.127.0.0.1/ http:\\127.0.0.1\ http:/\127.0.0.1/ http://\127.0.0.1/
http://127.0.0.1\t/ http://127.0.0.1\ http://example.com/\@127.0.0.1
http://127%2e0%2e0%2e1/ http://%31%32%37.0.0.1/ http://127.0.0.%31/ http://%6cocalhost/ http://localhost%00.example.com/
http://localhost%2f/ http://%5b::1%5d/
http://１２７.0.0.1/ http://１２７．０．０．１/ http://127。0。0。1/ http://127｡0｡0｡1/ http://①②⑦.⓪.⓪.①/
http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/ http://ｌocalhost/ http://locaſhost/ http://٠/
http://loc\u00adalhost/ http://127.0.0.1／ http://１６９.254.169.254/ http://[::①]/ http://example.com＠127.0.0.1/ http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/ httpſ://127.0.0.1/
http:127.0.0.1/ http:/127.0.0.1/ http:///127.0.0.1/ http:////127.0.0.1/ //127.0.0.1/ 127.0.0.1 127.0.0.1:80 http:// http://?
http://:80/ http://./ http://../
http://.localhost/ http://127..1/ http://127.0.0.1../ http://-/ http://example..com/ http://a,127.0.0.1/ http://(127.0.0.1)/ http://127.0.0.1;/
http://*/ http://~/
ftp://127.0.0.1/ file:///etc/passwd gopher://127.0.0.1:6379/_INFO dict://127.0.0.1:11211/ ws://127.0.0.1/ unix:///run/docker.sock javascript:alert(1)
http+unix://%2frun%2fdocker.sock/ jar:http://127.0.0.1!/ data:text/plain,x url:http://127.0.0.1/ httpx://127.0.0.1/ xhttp://127.0.0.1/ https:127.0.0.1
"""
_WITH_WHITE_SPACE = (
    " http://127.0.0.1/", "http://127.0.0.1/ ", "http://127.0.0.1 /", "http:// 127.0.0.1/", "\thttp://127.0.0.1/", "ht\ntp://127.0.0.1/",
    "http://127.0.0.1\n/",    "http://127.0.\t0.1/", "http://local\nhost/", "http://127.0.0.1\r\nHost: example.com/",
    "http://example.com /@127.0.0.1", "http://127.0.0.1\x00.example.com/",
    "http://127.0.0.1\u3000/", "http://127.0.0.1\u00a0/", "http://\u200b127.0.0.1/", "http://127.0.0.1\u2028/",
    "http://example.com/ HTTP/1.1\r\nX: y",
    "\x01http://127.0.0.1/",
)  # fmt: skip
_PORTS = """
http://93.184.215.14:22/ http://93.184.215.14:25/ http://93.184.215.14:1/ http://93.184.215.14:79/ http://93.184.215.14:81/ http://93.184.215.14:444/
http://93.184.215.14:1023/ http://93.184.215.14:0/ http://93.184.215.14:65536/ http://93.184.215.14:65616/
http://93.184.215.14:-80/ http://93.184.215.14:+80/
http://93.184.215.14:80a/ http://93.184.215.14:0x50/ http://93.184.215.14:80:80/ http://93.184.215.14:４４３/ http://93.184.215.14:4294967376/
https://93.184.215.14:6379x/ http://93.184.215.14:022/
"""

SHOWN_BY_THE_URL = tuple(
    Hostile(url)
    for url in (
        *_LITERAL.split(),
        *_IPV4_IN_OTHER_NOTATIONS.split(),
        *_IPV6.split(),
        *_LOCAL_NAMES.split(),
        *_READ_OTHERWISE.split(),
        *_WITH_WHITE_SPACE,
        *_PORTS.split(),
    )
)

# Registered, since a registration resolves no name; refused at each delivery.

_ADDRESSES = """
127.0.0.1 127.0.1.1 0.0.0.0 10.0.0.1 10.20.30.40 172.16.0.1 172.31.0.1 192.168.1.1 169.254.169.254 169.254.170.2 100.64.0.1
100.100.100.200 192.0.0.192
168.63.129.16 192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1 192.88.99.1 224.0.0.251 240.0.0.1 255.255.255.255
:: ::1 ::2 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:93.184.215.14 ::ffff:0:10.0.0.1 64:ff9b::7f00:1 64:ff9b::5db8:d70e 64:ff9b:1::a00:1
2002:7f00:1::1 2002:5db8:d70e::1 2001:0:7f00:1::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 3fff::1 5f00::1 100::1 fc00::1 fd00:ec2::254 fe80::1
fe80::1%eth0 fec0::1 ff02::1 2606:4700:4700::5efe:7f00:1 nonsense 127.1 0x7f000001
"""
_MIXED = (
    (PUBLIC, "127.0.0.1"), ("127.0.0.1", PUBLIC), (PUBLIC, "2606:4700::1111", "::1"), ("2606:4700::1111", "::ffff:127.0.0.1"),
    (PUBLIC, "10.0.0.1", PUBLIC),
    (*(f"93.184.216.{n}" for n in range(1, 200)), "169.254.169.254"), (PUBLIC, "fe80::1%1"), (PUBLIC, ""),
)  # fmt: skip
_NAMES = (
    Hostile("http://127.0.0.1.rebinding.example/", ("127.0.0.1",)),
    Hostile("http://metadata.google.internal/computeMetadata/v1/", ("169.254.169.254",)),
    Hostile("http://localhost.localdomain/", ("127.0.0.1",)),
    Hostile("http://localhost.hostile.example/", ("127.0.0.1",)),
    Hostile("http://notlocalhost/", ("127.0.0.1",)),
    Hostile("http://ip6-localhost/", ("::1",)),
    Hostile("http://kubernetes.default.svc/", ("10.96.0.1",)),
    Hostile("http://intranet/", ("10.1.1.1",)),
    Hostile("http://host.docker.internal:2375/", ("192.168.65.254",)),
    Hostile("http://7f000001.hostile.example/", ("127.0.0.1",)),
    Hostile("http://0x7f.hostile.example/", ("127.0.0.1",)),
    Hostile("http://xn--127-0-0-1-z3a.hostile.example/", ("127.0.0.1",)),
    Hostile("http://HOSTILE.EXAMPLE.:8080/a?b=http://good.example/", ("127.0.0.1",)),
    Hostile("https://no-such-name.hostile.example/", ()),
)

SHOWN_BY_THE_RESOLVER = (
    *_NAMES,
    *(Hostile(f"http://n{n}.hostile.example/", (address,)) for n, address in enumerate(_ADDRESSES.split())),
    *(Hostile(f"https://m{n}.hostile.example/", answers) for n, answers in enumerate(_MIXED)),
)

HOSTILE = (*SHOWN_BY_THE_URL, *SHOWN_BY_THE_RESOLVER)
