"""Every platform we read. A new one is a module beside this one and a line here."""

from collections.abc import Mapping
from types import MappingProxyType

from worker.platforms.codes import CodeMaker
from worker.platforms.port import Platform
from worker.platforms.shopify.codes import ShopifyCodes
from worker.platforms.shopify.platform import Shopify
from worker.platforms.shopify.subscribing import ShopifySubscriber
from worker.platforms.shopify.writing import ShopifyWriter
from worker.platforms.standard.platform import Standard
from worker.platforms.subscriptions import Subscriber
from worker.platforms.woocommerce.codes import WooCommerceCodes
from worker.platforms.woocommerce.platform import WooCommerce
from worker.platforms.woocommerce.subscribing import WooCommerceSubscriber
from worker.platforms.woocommerce.writing import WooCommerceWriter
from worker.platforms.writing import ConsentWriter

PLATFORMS: Mapping[str, Platform] = MappingProxyType(
    {platform.kind: platform for platform in (Shopify(), Standard(), WooCommerce())}
)

WRITERS: Mapping[str, ConsentWriter] = MappingProxyType(
    {writer.kind: writer for writer in (ShopifyWriter(), WooCommerceWriter())}
)
"""The platforms that refusals can be written back to."""

CODE_MAKERS: Mapping[str, CodeMaker] = MappingProxyType(
    {maker.kind: maker for maker in (ShopifyCodes(), WooCommerceCodes())}
)
"""The platforms that discount codes can be made in."""

SUBSCRIBERS: Mapping[str, Subscriber] = MappingProxyType(
    {subscriber.kind: subscriber for subscriber in (ShopifySubscriber(), WooCommerceSubscriber())}
)
"""The platforms that webhooks can be ordered at."""
