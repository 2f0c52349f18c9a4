"""Every platform we read. A new one is a module beside this one and a line here."""

from collections.abc import Mapping
from types import MappingProxyType

from worker.platforms.port import Platform
from worker.platforms.shopify.platform import Shopify
from worker.platforms.standard.platform import Standard
from worker.platforms.woocommerce.platform import WooCommerce

PLATFORMS: Mapping[str, Platform] = MappingProxyType(
    {platform.kind: platform for platform in (Shopify(), Standard(), WooCommerce())}
)
