"""WooCommerce: order, product and customer webhooks of its REST API v3."""
