//! Why a poll failed, and what to do about it, in English and Chinese.

use super::language::{Language, Text};
use crate::advice::Advice;
use crate::cloud::reason::Reason;
use crate::poll::{PollFailure, Stage};

pub(super) fn reason(failure: &PollFailure) -> &'static Text {
    match (failure.stage, failure.reason) {
        (Stage::NoCredentials, _) => &Text("There are no usable credentials.", "没有可用的认证凭据。"),
        (Stage::Paused, _) => &Text(
            "The cloud rejected the credentials repeatedly, so they are not used for some minutes.",
            "认证凭据多次被拒绝，暂停使用几分钟。",
        ),
        (Stage::Issuer, Reason::Auth) => {
            &Text("The credentials issuer rejected the request.", "凭据颁发方拒绝颁发凭据。")
        }
        (Stage::Issuer, _) => &Text("The credentials issuer failed.", "无法向凭据颁发方获取凭据。"),
        (Stage::Project, _) => {
            &Text("IAM did not return a single project ID.", "无法从 IAM 确定是哪个项目。")
        }
        (Stage::Panic, _) => {
            &Text("The exporter has a bug: this poll panicked.", "导出程序出现内部错误，本次查询中断。")
        }
        (Stage::UserNames, _) => &Text(
            "Users are selected by patterns that may match names, and the names could not be looked up.",
            "需要按名称筛选用户，但无法查询用户名称。",
        ),
        (Stage::Call, Reason::Auth) => &Text("The cloud rejected the credentials.", "认证凭据被拒绝。"),
        (Stage::Call, Reason::Forbidden) => {
            &Text("The credentials may not call this API.", "认证凭据没有调用该接口的权限。")
        }
        (Stage::Call, Reason::Throttled) => {
            &Text("The cloud throttled the requests.", "请求过于频繁，被限流。")
        }
        (Stage::Call, Reason::Timeout) => {
            &Text("There was no response in time.", "未能在规定时间内得到响应。")
        }
        (Stage::Call, Reason::Connect) => {
            &Text("The connection failed or was interrupted.", "无法建立连接，或连接中断。")
        }
        (Stage::Call, Reason::Server) => &Text("The cloud failed.", "云服务内部错误。"),
        (Stage::Call, Reason::Decode) => &Text("The response could not be read.", "响应无法解析。"),
        (Stage::Call, Reason::TooLarge) => &Text("The response was too large.", "响应过大。"),
        (Stage::Call, Reason::ClockSkew) => &Text(
            "The clocks of this machine and of the cloud differ too much.",
            "本机时间与云服务时间相差过大。",
        ),
        (Stage::Call, Reason::Redirect) => &Text(
            "The endpoint redirects, and the exporter does not follow redirects.",
            "终端节点返回了重定向，不会跟随。",
        ),
        (Stage::Call, Reason::Other) => &Text("The cloud rejected the request.", "请求被拒绝。"),
    }
}

/// The advice as a sentence.
pub(super) fn advice(language: Language, advice: Advice) -> String {
    match language {
        Language::English => {
            let mut clause = advice.sentence().chars();
            let first = clause.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(clause).chain(['.']).collect()
        }
        Language::Chinese => chinese(advice).to_owned(),
    }
}

fn chinese(advice: Advice) -> &'static str {
    match advice {
        Advice::CheckAccessKey => {
            "请检查访问密钥是否配对正确、是否已启用；如有临时安全令牌，请检查其是否过期。"
        }
        Advice::CheckCaFile => "请检查证书文件是否存在、可读，并包含证书。",
        Advice::CheckCertificate => {
            "请检查对端主机的证书和本机时间；如使用私有证书颁发机构，请在配置中指定其证书文件。"
        }
        Advice::CheckCredentialsFile => "请检查凭据文件是否存在、内容是否完整，并允许本程序读取。",
        Advice::CheckEndpoint => "请检查终端节点、域名解析、代理和防火墙。",
        Advice::CheckHeaderCharacters => "请检查密钥或令牌中是否有换行或其他非法字符。",
        Advice::CheckIamEndpoint => "请确认配置的 IAM 终端节点正确，且没有代理代为应答。",
        Advice::CheckIdentity => "请检查凭据所属的委托是否存在、是否已启用。",
        Advice::CheckMetaStudioEndpoint => "请确认终端节点是 MetaStudio 的地址，且没有代理代为应答。",
        Advice::CheckNetwork => "请检查网络；如果列表很长，请延长查询的超时时间。",
        Advice::CheckOidc => "请检查身份提供商和委托的标识、委托的信任策略，以及身份令牌文件。",
        Advice::CheckPassword => "请检查账号名、用户名、密码和项目。",
        Advice::CheckPodIdentity => "请检查容器的服务账号是否绑定了委托，以及容器的令牌文件。",
        Advice::CheckProfile => "请检查配置文件中的访问密钥和临时安全令牌。",
        Advice::CheckProjectAndRegion => "请核对项目 ID 和区域；子项目不在列表中，可能无误。",
        Advice::CheckProxy => {
            "请检查代理的用户名和密码，并确认代理允许访问该主机；也可以设置不通过代理访问该主机。"
        }
        Advice::CheckStsEndpoint => "请确认临时凭据服务的终端节点正确，且没有代理代为应答。",
        Advice::GrantListProjects => "请填写项目 ID，或授予凭据在 IAM 中查询项目列表的权限。",
        Advice::GrantListUsers => "请授予凭据在 IAM 中查询用户列表的权限，或不查询用户名。",
        Advice::GrantMetaStudio => "请授予凭据读取该项目 MetaStudio 的权限，并核对项目 ID。",
        Advice::InstallCertificates => "请检查系统的根证书。",
        Advice::LookUpErrorCode => "请在 MetaStudio 接口参考文档中查找该错误码。",
        Advice::LookUpIamErrorCode => "请在 IAM 接口参考文档中查找该错误。",
        Advice::LowerRequestRate => "请降低每秒请求数，或延长查询间隔。",
        Advice::RaiseOpenFiles => "请提高打开文件数的上限。",
        Advice::ReachIam => "请检查 IAM 终端节点、域名解析、代理和防火墙。",
        Advice::ReachSts => "请检查临时凭据服务的终端节点、域名解析、代理和防火墙。",
        Advice::RenewToken => "请获取新的令牌（有效期 24 小时），或改用可自动续期的凭据。",
        Advice::ReportBug => "请将日志中的 panic 行及其位置反馈给本项目。",
        Advice::ReportShortList => "请重新检查；如持续出现，请联系华为云技术支持。",
        Advice::ReportToSupport => "如持续出现，请将请求 ID 提供给华为云技术支持。",
        Advice::RunInPod => "请在具有身份的云容器中运行，或配置其他凭据。",
        Advice::RunOnEcs => "请在具有委托的弹性云服务器上运行，或配置其他凭据。",
        Advice::SetClock => "请校准本机时间（NTP）。",
        Advice::SetFinalEndpoint => "请把终端节点设置为不会重定向的地址。",
        Advice::SetFinalIamEndpoint => "请把 IAM 终端节点设置为不会重定向的地址。",
        Advice::SetProjectId => "请在配置中填写项目 ID。",
        Advice::UseRootAccount => "只有主账号可以查询子账户配额：请使用主账号的凭据，或不查询该接口。",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_a_reason_in_each_language() {
        let stages = [
            Stage::NoCredentials,
            Stage::Paused,
            Stage::Issuer,
            Stage::Project,
            Stage::UserNames,
            Stage::Call,
        ];
        for (stage, reason) in stages.into_iter().flat_map(|stage| Reason::ALL.map(|reason| (stage, reason)))
        {
            let (status, code, request_id, advice) = (None, String::new(), None, Advice::SetClock);
            let failure = PollFailure { reason, stage, status, code, request_id, advice };
            let Text(english, chinese) = super::reason(&failure);
            assert!(english.ends_with('.') && chinese.ends_with('。'), "{english} {chinese}");
        }
    }

    #[test]
    fn all_advice_is_a_sentence_in_each_language() {
        for advice in Advice::ALL {
            let [english, chinese] = Language::ALL.map(|language| super::advice(language, advice));
            assert!(english.starts_with(|first: char| first.is_ascii_uppercase()), "{english}");
            assert!(english.ends_with('.') && chinese.ends_with('。'), "{english} {chinese}");
        }
        assert_eq!(super::advice(Language::English, Advice::SetClock), "Set this machine's clock (NTP).");
    }
}
