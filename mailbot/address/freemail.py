"""Houses where anybody can have a mailbox: two of their addresses are two strangers. Pure.

The larger ones of the countries whose languages mailbot speaks; who is missing is taken for one house.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DOMAINS = _words(
    "gmail.com aol.com icloud.com me.com mac.com msn.com ymail.com rocketmail.com passport.com rambler.ru mail.ru "
    "bk.ru inbox.ru list.ru yandex.ru yandex.com ya.ru ukr.net i.ua web.de t-online.de freenet.de posteo.de "
    "posteo.net mailbox.org arcor.de online.de email.de mail.de kabelmail.de aon.at chello.at a1.net bluewin.ch "
    "hispeed.ch proton.me protonmail.com protonmail.ch pm.me tuta.com tuta.io tutanota.com tutanota.de "
    "tutamail.com fastmail.com fastmail.fm hey.com zoho.com zohomail.eu hushmail.com mail.com email.com usa.com "
    "inbox.com lycos.com disroot.org riseup.net orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr "
    "numericable.fr libero.it virgilio.it tiscali.it alice.it tin.it tim.it fastwebnet.it inwind.it "
    "telefonica.net ono.com sapo.pt iol.pt telenet.be skynet.be proximus.be ziggo.nl kpnmail.nl planet.nl "
    "xs4all.nl home.nl upcmail.nl casema.nl wp.pl o2.pl tlen.pl onet.pl op.pl poczta.fm interia.pl gazeta.pl "
    "seznam.cz centrum.cz email.cz azet.sk zoznam.sk freemail.hu citromail.hu abv.bg mail.bg telia.com "
    "bredband.net spray.se online.no mail.dk kolumbus.fi btinternet.com sky.com virginmedia.com ntlworld.com "
    "talktalk.net blueyonder.co.uk tiscali.co.uk eircom.net comcast.net verizon.net att.net sbcglobal.net "
    "bellsouth.net cox.net charter.net earthlink.net juno.com optonline.net rogers.com shaw.ca sympatico.ca "
    "bigpond.com optusnet.com.au xtra.co.nz uol.com.br bol.com.br terra.com.br ig.com.br globo.com qq.com "
    "foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com 139.com 189.cn aliyun.com naver.com daum.net "
    "hanmail.net kakao.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp nifty.com rediffmail.com mynet.com"
)
_NAMES = _words("yahoo hotmail outlook live gmx")  # in many countries: hotmail.fr, yahoo.co.jp


def is_one(domain: str) -> bool:
    """Whether the domain (lower case, A-labels) is such a house's own, and not one below it."""
    name, _, registry = domain.partition(".")
    return domain in DOMAINS or (name in _NAMES and len(registry) <= len("com.br"))
